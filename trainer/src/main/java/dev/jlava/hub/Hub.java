package dev.jlava.hub;

import dev.jlava.hub.HubClient.Listing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The models of the hub: taken from the local cache, or fetched into it.
public final class Hub {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final HubSettings settings;
  private final HubCache cache;
  private final HubClient client;
  private final Retries retries;
  private final Transfers transfers;

  public Hub(HubSettings settings, Transfers transfers) {
    this(settings, transfers, Retries.USUAL, PATIENCE);
  }

  /// @param patience how long a server may say nothing
  Hub(HubSettings settings, Transfers transfers, Retries retries, Duration patience) {
    this.settings = settings;
    this.cache = new HubCache(settings.cache());
    this.client = new HubClient(settings, patience);
    this.retries = retries;
    this.transfers = transfers;
  }

  /// A path as it is; or, where it names a model of the hub, that model's directory or the named
  /// file, fetched if the cache does not hold it whole.
  public Path local(Path path, HubUse use) {
    Optional<HubId> id = HubId.of(path);
    return id.isEmpty() ? path : cached(path, use).orElseGet(() -> fetched(id.get(), use));
  }

  /// The directory or file of the model of the hub that a path names, if the cache holds it whole.
  public Optional<Path> cached(Path path, HubUse use) {
    return cached(cache, path, use);
  }

  /// The same of the cache that the environment names.
  public static Optional<Path> here(Path path, HubUse use) {
    return cached(new HubCache(HubSettings.here().cache()), path, use);
  }

  private static Optional<Path> cached(HubCache cache, Path path, HubUse use) {
    return HubId.of(path)
        .flatMap(id -> cache.snapshot(id).map(id::in))
        .filter(found -> use.missing(found).isEmpty());
  }

  /// The directory of a model of the hub in the same cache as another's.
  ///
  /// @param snapshot the other's; any other directory is in no cache
  public static Optional<Path> beside(Path snapshot, Path path) {
    return HubCache.around(snapshot).flatMap(cache -> HubId.of(path).flatMap(cache::snapshot));
  }

  /// The directory or file of a model as its revision is now; offline, as it was when it was last
  /// asked for.
  ///
  /// @throws HubException where it cannot be had
  public Path latest(HubId id) {
    return settings.offline()
        ? cached(Path.of(id.toString()), HubUse.ANY).orElseGet(() -> pull(id))
        : pull(id);
  }

  /// What the hub calls a directory of a cache or a file in one, the commit as its revision;
  /// nothing for any other path.
  public static Optional<HubId> named(Path path) {
    Path absolute = path.toAbsolutePath();
    return Files.isDirectory(absolute)
        ? HubCache.model(absolute)
        : Optional.ofNullable(absolute.getParent())
            .flatMap(HubCache::model)
            .map(id -> id.with(absolute.getFileName().toString()));
  }

  private Path fetched(HubId id, HubUse use) {
    Path found = pull(id);
    use.missing(found)
        .ifPresent(name -> {
          throw new HubException(
              id + ": the model on the hub lacks " + name + "; choose one that is whole");
        });
    return found;
  }

  /// Fetches what the cache lacks of a model, after asking the hub what its revision is now.
  ///
  /// @throws HubException where the model cannot be had
  public Path pull(HubId id) {
    if (settings.offline()) {
      throw new HubException(
          "%s: %s, and %s (offline); run ./jlava model pull %s where there is a network"
              .formatted(id, id.notHere(), inCache(id), id));
    }
    try {
      return id.in(fetch(id));
    } catch (IOException e) {
      throw new HubException(
          "%s: %s, %s, and the hub gives up on it (%s); check the path and the network, and start again: what has come is kept"
              .formatted(id, id.notHere(), inCache(id), e.getMessage()),
          e);
    }
  }

  private String inCache(HubId id) {
    String where = " in the cache " + cache.root();
    return cache.snapshot(id).isPresent() ? "not whole" + where : "not" + where;
  }

  private Path fetch(HubId id) throws IOException {
    Listing listing = retries.of(() -> client.list(id));
    Path snapshot = cache.snapshot(id, listing.commit());
    BlobDownload download = new BlobDownload(client, cache, retries, transfers);
    List<RemoteFile> files = new ArrayList<>();
    long present = 0;
    FileChoice choice = FileChoice.of(id, listing.names());
    choice.note().ifPresent(transfers::say);
    for (String name : choice.names()) {
      if (!Files.isRegularFile(snapshot.resolve(name))) {
        RemoteFile file = retries.of(() -> client.describe(id, listing.commit(), name));
        present += download.present(file);
        files.add(file);
      }
    }
    long total = files.stream().mapToLong(RemoteFile::size).sum();
    requireSpace(id, total - present);
    transfers.begins(id.toString(), present, total);
    for (RemoteFile file : files) {
      transfers.file(file.name());
      download.fetch(file);
    }
    transfers.ends();
    cache.point(id, listing.commit());
    return snapshot;
  }

  private void requireSpace(HubId id, long needed) throws IOException {
    Files.createDirectories(cache.root());
    long free = Files.getFileStore(cache.root()).getUsableSpace();
    if (needed > free) {
      throw new HubException(
          "%s: does not fit into %s (needs %,d bytes, free %,d); make room, or let HF_HOME name another place"
              .formatted(id, cache.root(), needed, free));
    }
  }
}

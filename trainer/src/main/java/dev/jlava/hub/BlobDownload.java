package dev.jlava.hub;

import dev.jlava.engine.FileLock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/// Fetches files into the cache. It goes on behind what has come of a file before a connection or a
/// process ended; what has not the hub's hash is thrown away.
final class BlobDownload {
  private static final int CHUNK = 1 << 20;
  private static final int POLL_MILLIS = 200;

  private final HubClient client;
  private final HubCache cache;
  private final Retries retries;
  private final Transfers transfers;

  BlobDownload(HubClient client, HubCache cache, Retries retries, Transfers transfers) {
    this.client = client;
    this.cache = cache;
    this.retries = retries;
    this.transfers = transfers;
  }

  /// Bytes of a file that are here, whole or in part.
  long present(RemoteFile file) throws IOException {
    Path blob = cache.blob(file);
    Path found = Files.exists(blob) ? blob : cache.partial(file);
    long size = Files.exists(found) ? Files.size(found) : 0;
    return size > file.size() ? 0 : size;
  }

  /// Puts a file into the snapshot, and fetches it first if it is not in the cache.
  void fetch(RemoteFile file) throws IOException {
    Path blob = cache.blob(file);
    Files.createDirectories(blob.getParent());
    try (FileLock _ = lock(file)) {
      if (!Files.exists(blob) || Files.size(blob) != file.size()) {
        download(file);
        Files.move(
            cache.partial(file),
            blob,
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      }
      cache.link(file);
    }
  }

  private FileLock lock(RemoteFile file) throws IOException {
    Path path = cache.lock(file);
    Files.createDirectories(path.getParent());
    Optional<FileLock> lock = FileLock.tryLock(path);
    if (lock.isEmpty()) {
      transfers.say(file + ": waits for another process that is fetching it");
    }
    while (lock.isEmpty()) {
      pause();
      lock = FileLock.tryLock(path);
    }
    return lock.get();
  }

  private static void pause() {
    try {
      Thread.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HubException("interrupted", e);
    }
  }

  private void download(RemoteFile file) throws IOException {
    long present = Files.exists(cache.partial(file)) ? Files.size(cache.partial(file)) : 0;
    receive(file, present > file.size() ? 0 : present);
    boolean whole = FileHash.matches(cache.partial(file), file.etag());
    if (!whole && present > 0) {
      transfers.say(file + ": what was here of it is damaged; fetches it anew");
      transfers.moved(-file.size());
      receive(file, 0);
      whole = FileHash.matches(cache.partial(file), file.etag());
    }
    if (!whole) {
      Files.delete(cache.partial(file));
      throw new HubException(
          "%s: damaged on the way (its hash is not the hub's %s); start again"
              .formatted(file, file.etag()));
    }
  }

  /// Fetches a file's bytes from an offset on.
  private void receive(RemoteFile file, long offset) throws IOException {
    try (FileChannel out =
        FileChannel.open(
            cache.partial(file), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      out.truncate(offset).position(offset);
      int failed = 0;
      while (out.position() < file.size()) {
        long before = out.position();
        try {
          receiveRest(file, out);
        } catch (IOException e) {
          failed = out.position() > before ? 1 : failed + 1;
          transfers.say(
              "%s: broke off after %,d of %,d bytes (%s)"
                  .formatted(file, out.position(), file.size(), e.getMessage()));
          retries.waitAfter(failed, e);
        }
      }
      out.force(true);
    }
  }

  private void receiveRest(RemoteFile file, FileChannel out) throws IOException {
    HubClient.Body body = client.open(file, out.position());
    try (InputStream bytes = body.bytes()) {
      if (body.start() != out.position()) {
        transfers.moved(-out.position());
        out.truncate(0);
      }
      byte[] chunk = new byte[CHUNK];
      for (int count = bytes.read(chunk); count >= 0; count = bytes.read(chunk)) {
        if (out.position() + count > file.size()) {
          throw new HubException(
              "%s: longer than the hub said (%,d bytes); start again".formatted(file, file.size()));
        }
        write(file, out, ByteBuffer.wrap(chunk, 0, count));
        transfers.moved(count);
      }
    }
    if (out.position() < file.size()) {
      throw new IOException("the connection ended");
    }
  }

  /// A full disk is no reason to try again.
  private void write(RemoteFile file, FileChannel out, ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        int _ = out.write(bytes);
      }
    } catch (IOException e) {
      throw new HubException(
          "%s: cannot write to %s (%s); make room, or let HF_HOME name another place, and start again: what has come is kept"
              .formatted(file, cache.root(), e.getMessage()),
          e);
    }
  }
}

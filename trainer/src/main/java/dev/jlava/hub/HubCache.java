package dev.jlava.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The local cache, laid out as huggingface_hub's: for each model `blobs` with the files by their
/// hash, `snapshots` with a folder of links to them for each commit, and `refs` with the commit of
/// each branch or tag.
///
/// @param root the folder with a folder for each model
record HubCache(Path root) {
  private static final String COMMIT = "[0-9a-f]{40}";
  private static final Pattern FOLDER = Pattern.compile("models--(.+?)--(.+)");

  /// The cache that a snapshot's directory lies in.
  static Optional<HubCache> around(Path snapshot) {
    Path absolute = snapshot.toAbsolutePath();
    Path model = absolute.resolve("../..").normalize();
    boolean fits =
        isCommit(absolute.getFileName().toString())
            && absolute.startsWith(model.resolve("snapshots"));
    return fits ? Optional.of(new HubCache(model.resolve("..").normalize())) : Optional.empty();
  }

  /// The model whose directory at some commit this is.
  static Optional<HubId> model(Path snapshot) {
    Path absolute = snapshot.toAbsolutePath();
    if (around(absolute).isEmpty()) {
      return Optional.empty();
    }
    Matcher folder = FOLDER.matcher(absolute.resolve("../..").normalize().getFileName().toString());
    return folder.matches()
        ? Optional.of(
            new HubId(
                folder.group(1),
                folder.group(2),
                Optional.empty(),
                absolute.getFileName().toString()))
        : Optional.empty();
  }

  /// Whether a revision is a whole commit hash, which nothing can change.
  static boolean isCommit(String revision) {
    return revision.matches(COMMIT);
  }

  private Path folder(HubId id) {
    return root.resolve(folderName(id));
  }

  private static String folderName(HubId id) {
    return "models--" + id.owner() + "--" + id.name();
  }

  /// The directory of a model at the commit that its revision had when it was last asked for.
  Optional<Path> snapshot(HubId id) {
    return commit(id).map(commit -> snapshot(id, commit)).filter(Files::isDirectory);
  }

  Path snapshot(HubId id, String commit) {
    return folder(id).resolve("snapshots").resolve(commit);
  }

  private Optional<String> commit(HubId id) {
    if (isCommit(id.revision())) {
      return Optional.of(id.revision());
    }
    Path ref = ref(id);
    if (!Files.isRegularFile(ref)) {
      return Optional.empty();
    }
    try {
      String commit = Files.readString(ref).strip();
      if (isCommit(commit)) {
        return Optional.of(commit);
      }
      throw new HubException(
          ref + ": not a commit (found '" + commit + "'); remove the file and start again");
    } catch (IOException e) {
      throw new HubException(ref + ": cannot be read (" + e + ")", e);
    }
  }

  private Path ref(HubId id) {
    return folder(id).resolve("refs").resolve(id.revision());
  }

  Path blob(RemoteFile file) {
    return folder(file.model()).resolve("blobs").resolve(file.etag());
  }

  /// What has come of a blob that is not whole.
  Path partial(RemoteFile file) {
    return blob(file).resolveSibling(file.etag() + ".incomplete");
  }

  /// The file whose lock a program holds while it writes a blob.
  Path lock(RemoteFile file) {
    return root.resolve(".locks").resolve(folderName(file.model())).resolve(file.etag() + ".lock");
  }

  /// Puts a blob into the snapshot of its commit under its name.
  void link(RemoteFile file) throws IOException {
    Path link = snapshot(file.model(), file.commit()).resolve(file.name());
    Path target = Path.of("../../blobs").resolve(file.etag());
    if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(target)) {
      return;
    }
    Files.createDirectories(link.getParent());
    Path partial =
        link.resolveSibling(".%s.%d".formatted(file.name(), ProcessHandle.current().pid()));
    Files.deleteIfExists(partial);
    Files.createSymbolicLink(partial, target);
    Files.move(partial, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /// Notes which commit a branch or tag has now.
  void point(HubId id, String commit) throws IOException {
    if (isCommit(id.revision())) {
      return;
    }
    Path ref = ref(id);
    Files.createDirectories(ref.getParent());
    Path partial = ref.resolveSibling(ref.getFileName() + "." + ProcessHandle.current().pid());
    Files.writeString(partial, commit);
    Files.move(partial, ref, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}

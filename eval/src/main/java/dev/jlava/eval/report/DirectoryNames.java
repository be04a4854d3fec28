package dev.jlava.eval.report;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;

/// What directories are called beside each other: their names, or their paths where names are
/// equal.
final class DirectoryNames {
  private DirectoryNames() {}

  static List<String> of(List<Path> directories) {
    List<String> names =
        directories.stream()
            .map(path -> path.toAbsolutePath().normalize().getFileName().toString())
            .toList();
    return new HashSet<>(names).size() == names.size()
        ? names
        : directories.stream().map(Path::toString).toList();
  }
}

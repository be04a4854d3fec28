package dev.jlava.eval.json;

import dev.jlava.data.DataException;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// What is in a folder.
public final class Folder {
  private Folder() {}

  /// The files in it and in folders inside, sorted, also behind links; of a file, itself.
  public static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /// The files and folders in it, sorted.
  ///
  /// @throws DataException where it cannot be listed
  public static List<Path> entries(Path folder) {
    return entries(folder, "");
  }

  /// The same with an error of its own.
  ///
  /// @param hint what the error ends with
  /// @throws DataException where it cannot be listed
  public static List<Path> entries(Path folder, String hint) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    } catch (IOException e) {
      throw new DataException(folder + ": cannot be listed (" + e + ")" + hint, e);
    }
  }
}

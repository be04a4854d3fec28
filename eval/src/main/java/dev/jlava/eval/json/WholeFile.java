package dev.jlava.eval.json;

import dev.jlava.data.DataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// A file that is written whole or not at all, whoever else writes it at the same time.
public final class WholeFile {
  private WholeFile() {}

  /// Writes a text in UTF-8.
  ///
  /// @throws DataException where it cannot be written
  public static void write(Path file, String text) {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /// Writes bytes; the folder is made if it is not there.
  ///
  /// @throws DataException where it cannot be written
  public static void write(Path file, byte[] content) {
    String own =
        "%s.%d-%d.partial"
            .formatted(
                file.getFileName(),
                ProcessHandle.current().pid(),
                Thread.currentThread().threadId());
    Path partial = file.resolveSibling(own);
    try {
      Files.createDirectories(partial.toAbsolutePath().getParent());
      Files.write(partial, content);
      Files.move(
          partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be written (" + e + "); make room there", e);
    }
  }
}

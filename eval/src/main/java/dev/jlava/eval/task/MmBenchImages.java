package dev.jlava.eval.task;

import dev.jlava.data.DataException;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.json.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The images of MMBench's table, which are fields in base64, unpacked into a folder. A short field
/// is the index of the row whose image it is.
final class MmBenchImages {
  private final Path folder;
  private final Map<String, Row> rows = new HashMap<>();

  MmBenchImages(Path folder, List<Row> rows) {
    this.folder = folder;
    rows.forEach(row -> this.rows.put(row.text("index"), row));
  }

  /// The file of a row's image, written if it is not there.
  Path of(Row row) {
    String field = row.text("image");
    Row other = field.length() < 20 ? rows.get(field) : null;
    Row holder = other == null ? row : other;
    if (!holder.text("index").matches("[\\w-]+")) {
      throw holder.wrong("wrong 'index'", holder.value("index"), "a number");
    }
    byte[] bytes = bytes(holder);
    Path file = folder.resolve(holder.text("index") + ".jpg");
    try {
      if (!Files.isRegularFile(file) || Files.size(file) != bytes.length) {
        WholeFile.write(file, bytes);
      }
      return file;
    } catch (IOException e) {
      throw new DataException(
          file + ": cannot be read (" + e + "); let images name another folder", e);
    }
  }

  private static byte[] bytes(Row row) {
    try {
      return Base64.getDecoder().decode(row.text("image"));
    } catch (IllegalArgumentException e) {
      throw new DataException(
          row.where()
              + ": the image is not base64 ("
              + e.getMessage()
              + "); is this MMBench's table?",
          e);
    }
  }
}

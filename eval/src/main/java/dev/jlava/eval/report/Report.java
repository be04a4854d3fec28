package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// Writes a run's `report.html` and `report.json`. The page is one file that loads nothing else:
/// style, script, charts and images are inside it. Every text is escaped.
public final class Report {
  private Report() {}

  /// Writes both files into the run directory and returns the page's path. A reader never sees half
  /// a file.
  public static Path write(Path directory, ReportData data) throws IOException {
    replace(directory.resolve("report.json"), json(data));
    Path page = directory.resolve("report.html");
    replace(page, html(data));
    return page;
  }

  /// The page.
  public static String html(ReportData data) throws IOException {
    String style = resource("report.css");
    String script = resource("report.js");
    return Mustache.compiler()
        .escapeHTML(true)
        .strictSections(true)
        .zeroIsFalse(true)
        .compile(resource("report.html.mustache"))
        .execute(ReportPage.of(data, style, script));
  }

  /// The facts alone.
  public static String json(ReportData data) throws IOException {
    ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    return json.writeValueAsString(data) + "\n";
  }

  private static void replace(Path file, String text) throws IOException {
    Path partial = file.resolveSibling(file.getFileName() + ".partial");
    Files.writeString(partial, text);
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static String resource(String name) throws IOException {
    try (InputStream stream = Report.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IllegalStateException(name + " is missing beside " + Report.class.getName());
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}

package dev.jlava.eval.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvGenerator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.jlava.data.DataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A tab-separated table with a line of names, as pandas reads it: fields in quotes may hold tabs
/// and line ends, and what pandas takes for missing is not there.
///
/// @param rows each an object of texts by the names of the columns
public record Table(List<String> columns, List<Row> rows) {
  /// What `pandas.read_table` reads as a missing value.
  private static final Set<String> MISSING =
      Set.of(
          "",
          "#N/A",
          "#N/A N/A",
          "#NA",
          "-1.#IND",
          "-1.#QNAN",
          "-NaN",
          "-nan",
          "1.#IND",
          "1.#QNAN",
          "<NA>",
          "N/A",
          "NA",
          "NULL",
          "NaN",
          "None",
          "n/a",
          "nan",
          "null");

  private static final CsvMapper MAPPER =
      CsvMapper.builder()
          .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
          .enable(CsvGenerator.Feature.STRICT_CHECK_FOR_QUOTING)
          .build();

  /// Reads a file.
  ///
  /// @throws DataException where it is no table
  public static Table read(Path file) {
    CsvSchema schema = CsvSchema.emptySchema().withHeader().withColumnSeparator('\t');
    List<Row> rows = new ArrayList<>();
    try (MappingIterator<Map<String, String>> lines =
        MAPPER.readerForMapOf(String.class).with(schema).readValues(Json.text(file))) {
      while (lines.hasNext()) {
        rows.add(new Row(file + " row " + (rows.size() + 1), row(lines.next())));
      }
      return new Table(((CsvSchema) lines.getParserSchema()).getColumnNames(), rows);
    } catch (IOException e) {
      throw new DataException(
          "%s: row %d: not a tab-separated table (%s)"
              .formatted(file, rows.size() + 1, e.getMessage()),
          e);
    }
  }

  private static ObjectNode row(Map<String, String> fields) {
    ObjectNode row = Json.object();
    fields.forEach((column, field) -> {
      if (!MISSING.contains(field)) {
        row.put(column, field);
      }
    });
    return row;
  }

  /// A table's text, in UTF-8.
  public static byte[] bytes(List<String> columns, List<ObjectNode> rows) {
    CsvSchema.Builder schema = CsvSchema.builder().setUseHeader(true).setColumnSeparator('\t');
    columns.forEach(schema::addColumn);
    try {
      return MAPPER
          .writer(schema.build().withLineSeparator("\n"))
          .writeValueAsString(rows)
          .getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}

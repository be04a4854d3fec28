package dev.jlava.weights;

import dev.jlava.weights.PickleReader.Tuple;
import dev.jlava.weights.TorchObjects.StridedTensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Reader of one file of `torch.save`: a zip archive with a pickle (`data.pkl`) and one record for
/// each storage (`data/0` …), of which tensors are views. No code of the file is run.
///
/// Names of tensors in nested dicts and lists are joined by dots; values that are no tensors
/// (numbers, texts) are not weights and are left out.
final class TorchFile {
  private static final int MAX_DEPTH = 32;
  private static final String PICKLE = "data.pkl";

  private final Path file;
  private final Arena arena;
  private final Map<String, ZipRecords.Stored> records;
  private final String prefix;
  private final Map<String, TensorEntry> entries = new TreeMap<>();
  private long visited;

  private TorchFile(Path file, Arena arena, Map<String, ZipRecords.Stored> records, String prefix) {
    this.file = file;
    this.arena = arena;
    this.records = records;
    this.prefix = prefix;
  }

  static Map<String, TensorEntry> read(Path file, Arena arena) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MemorySegment all = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
      checkFormat(file, all);
      Map<String, ZipRecords.Stored> records = ZipRecords.read(file, all);
      return new TorchFile(file, arena, records, prefix(file, records)).entries();
    } catch (IOException e) {
      throw new WeightsException(file + ": cannot be read (" + e + ")", e);
    }
  }

  private static void checkFormat(Path file, MemorySegment all) {
    byte[] start = all.asSlice(0, Math.min(4, all.byteSize())).toArray(ValueLayout.JAVA_BYTE);
    if (start.length > 0 && start[0] == (byte) 0x80) {
      throw new WeightsException(
          file
              + ": in torch's format of before 1.6 (a pickle, expected a zip archive); load it"
              + " with torch and torch.save it again");
    }
    if (start.length < 4 || start[0] != 'P' || start[1] != 'K') {
      throw new WeightsException(
          file
              + ": not a file of torch.save (expected a zip archive, found "
              + all.byteSize()
              + " bytes that are none); download or copy it again");
    }
  }

  /// The folder inside the archive, named after the file when it was saved.
  private static String prefix(Path file, Map<String, ZipRecords.Stored> records) {
    List<String> pickles =
        records.keySet().stream().filter(name -> name.endsWith("/" + PICKLE)).toList();
    if (pickles.size() != 1) {
      throw new WeightsException(
          file
              + ": not a file of torch.save (found "
              + pickles.size()
              + " records named */data.pkl, expected 1)");
    }
    String pickle = pickles.getFirst();
    return pickle.substring(0, pickle.length() - PICKLE.length());
  }

  private Map<String, TensorEntry> entries() {
    if (records.containsKey(prefix + "constants.pkl")) {
      throw new WeightsException(
          file + ": a TorchScript module, expected a state dict; save its state_dict()");
    }
    if (records.containsKey(prefix + "byteorder") && !text(record("byteorder")).equals("little")) {
      throw new WeightsException(
          file
              + ": byte order is "
              + text(record("byteorder"))
              + ", expected little; save it again on a usual machine");
    }
    MemorySegment pickle = record(PICKLE);
    collect("", new PickleReader(file, pickle, new TorchObjects(file)).read(), 0);
    if (entries.isEmpty()) {
      throw new WeightsException(file + ": holds no tensors; not a state dict?");
    }
    return entries;
  }

  private static String text(MemorySegment record) {
    return new String(record.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  private MemorySegment record(String name) {
    ZipRecords.Stored record = records.get(prefix + name);
    if (record == null) {
      throw new WeightsException(
          file + ": lacks record '" + prefix + name + "'; download or copy it again");
    }
    if (!record.isPlain()) {
      throw new WeightsException(
          file
              + ": record '"
              + prefix
              + name
              + "' is compressed or encrypted (torch.save stores records as they are); load and"
              + " save the file again with torch");
    }
    return record.bytes();
  }

  /// A pickle can hold a container inside itself, or very many times: every value is worth at least
  /// a byte of the pickle, and real state dicts are shallow.
  private void collect(String name, Object value, int depth) {
    if (depth > MAX_DEPTH || ++visited > record(PICKLE).byteSize()) {
      throw new WeightsException(file + ": dicts within dicts without end, at '" + name + "'");
    }
    switch (value) {
      case StridedTensor tensor -> add(name, tensor);
      case Map<?, ?> map ->
          map.forEach((key, item) -> collect(join(name, key.toString()), item, depth + 1));
      case List<?> list -> collect(name, list, depth);
      case Tuple(List<Object> items) -> collect(name, items, depth);
      default -> {} // A number, a text, a dtype: not a weight.
    }
  }

  private void collect(String name, List<?> items, int depth) {
    for (int i = 0; i < items.size(); i++) {
      collect(join(name, Integer.toString(i)), items.get(i), depth + 1);
    }
  }

  private static String join(String name, String key) {
    return name.isEmpty() ? key : name + "." + key;
  }

  private void add(String name, StridedTensor tensor) {
    StorageView view = new StorageView(file, name, tensor);
    MemorySegment data = view.data(record("data/" + tensor.storage().key()), arena);
    TensorEntry entry = new TensorEntry(name, tensor.storage().dtype(), tensor.shape(), data, file);
    if (entries.put(name, entry) != null) {
      throw new WeightsException(file + ": two tensors are named '" + name + "'");
    }
  }
}

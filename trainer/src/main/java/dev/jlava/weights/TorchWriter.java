package dev.jlava.weights;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Writer of a state dict as `torch.save` lays it out: a zip archive of plain records, a pickle
/// (protocol 2) of an OrderedDict of tensors and one record for each tensor's elements. For small
/// files, such as a projector: a tensor's bytes are held in memory once.
public final class TorchWriter {
  private static final String FOLDER = "archive/";

  /// The same tensors make the same file.
  private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private TorchWriter() {}

  /// Writes the file.
  ///
  /// @throws WeightsException where it cannot be written
  public static void write(Path file, List<SafetensorsWriter.Item> items) {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
        ZipOutputStream zip = new ZipOutputStream(out)) {
      record(zip, "data.pkl", new Pickle().stateDict(items));
      record(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
      for (int i = 0; i < items.size(); i++) {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment data = items.get(i).data().apply(arena);
          record(zip, "data/" + i, data.toArray(ValueLayout.JAVA_BYTE));
        }
      }
      record(zip, "version", "3\n".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new WeightsException(
          file + ": cannot be written (" + e + "); make room or choose another output", e);
    }
  }

  private static void record(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    ZipEntry entry = new ZipEntry(FOLDER + name);
    entry.setMethod(ZipEntry.STORED);
    entry.setTimeLocal(NO_TIME);
    entry.setSize(bytes.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }

  /// The few instructions of pickle's protocol 2 that a state dict takes.
  private static final class Pickle {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    byte[] stateDict(List<SafetensorsWriter.Item> items) {
      code(0x80).code(2); // protocol
      global("collections", "OrderedDict").code(')').code('R');
      code('(');
      for (int i = 0; i < items.size(); i++) {
        text(items.get(i).name());
        tensor(items.get(i), Integer.toString(i));
      }
      code('u').code('.'); // SETITEMS, STOP
      return out.toByteArray();
    }

    /// `torch._utils._rebuild_tensor_v2(storage, 0, size, stride, False, OrderedDict())`.
    private void tensor(SafetensorsWriter.Item item, String key) {
      long[] shape = item.shape();
      long count = 1;
      long[] strides = new long[shape.length];
      for (int d = shape.length - 1; d >= 0; d--) {
        strides[d] = count;
        count *= shape[d];
      }
      global("torch._utils", "_rebuild_tensor_v2").code('(');
      code('(').text("storage").global("torch", storage(item.dtype()));
      text(key).text("cpu").number(count).code('t').code('Q'); // BINPERSID
      number(0).numbers(shape).numbers(strides).code(0x89); // NEWFALSE
      global("collections", "OrderedDict").code(')').code('R').code('t').code('R');
    }

    private static String storage(Dtype dtype) {
      return switch (dtype) {
        case F64 -> "DoubleStorage";
        case F32 -> "FloatStorage";
        case F16 -> "HalfStorage";
        case BF16 -> "BFloat16Storage";
        case I64 -> "LongStorage";
        case I32 -> "IntStorage";
        case I16 -> "ShortStorage";
        case I8 -> "CharStorage";
        case U8 -> "ByteStorage";
        case BOOL -> "BoolStorage";
      };
    }

    private Pickle code(int code) {
      out.write(code);
      return this;
    }

    private Pickle bytes(byte[] bytes) {
      out.writeBytes(bytes);
      return this;
    }

    private Pickle global(String module, String name) {
      return code('c').bytes((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private Pickle text(String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return code('X').bytes(int32(bytes.length)).bytes(bytes);
    }

    private Pickle number(long number) {
      return number == (int) number
          ? code('J').bytes(int32((int) number))
          : code(0x8a)
              .code(Long.BYTES)
              .bytes(
                  ByteBuffer.allocate(Long.BYTES)
                      .order(ByteOrder.LITTLE_ENDIAN)
                      .putLong(number)
                      .array());
    }

    private Pickle numbers(long[] numbers) {
      code('(');
      for (long number : numbers) {
        number(number);
      }
      return code('t');
    }

    private static byte[] int32(int number) {
      return ByteBuffer.allocate(Integer.BYTES)
          .order(ByteOrder.LITTLE_ENDIAN)
          .putInt(number)
          .array();
    }
  }
}

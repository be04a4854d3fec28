package dev.jlava.weights;

import static dev.jlava.weights.WeightFixtures.archive;
import static dev.jlava.weights.WeightFixtures.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Pickles written opcode by opcode, as Python's `pickletools` names them.
final class PickleReaderTest {
  private static final String PROTO_2 = "\u0080\u0002";
  private static final int STORAGE_ELEMENTS = 6;

  @TempDir Path directory;

  private static String text(String value) {
    return "\u008c" + (char) value.length() + value; // SHORT_BINUNICODE
  }

  private static String global(String module, String name) {
    return "c" + module + "\n" + name + "\n";
  }

  /// A call of `_rebuild_tensor_v2` on a storage of six floats; arguments are opcodes.
  private static String tensor(String offset, String size, String stride) {
    return global("torch._utils", "_rebuild_tensor_v2")
        + "(("
        + text("storage")
        + global("torch", "FloatStorage")
        + text("0")
        + text("cpu")
        + "K\u0006tQ"
        + offset
        + size
        + stride
        + "\u0089NtR";
  }

  private static String one(String tensor) {
    return PROTO_2 + "}" + text("w") + tensor + "s.";
  }

  private Path write(String pickle) throws IOException {
    return archive(directory.resolve("a.bin"), pickle, STORAGE_ELEMENTS * Float.BYTES);
  }

  @Test
  void aTensorWithinItsStorageIsRead() throws IOException {
    Path file = write(one(tensor("K\u0002", "K\u0002K\u0002\u0086", "K\u0002K\u0001\u0086")));
    try (WeightFiles files = WeightFiles.open(file)) {
      TensorEntry entry = Objects.requireNonNull(files.entries().get("w"));
      assertThat(entry.shape()).containsExactly(2, 2);
      assertThat(entry.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED)).hasSize(4);
    }
  }

  static List<Arguments> views() {
    return List.of(
        // Offset, size and stride: K is a byte, J 32 bits, 8A 64 bits; 85 and 86 make tuples.
        Arguments.of(
            "K\u0000",
            "K\u0007\u0085",
            "K\u0001\u0085",
            "[7] cannot be read: it spans elements 0 to 6 of a storage of 6"),
        Arguments.of(
            "K\u0005",
            "K\u0002\u0085",
            "K\u0001\u0085",
            "[2] cannot be read: it spans elements 5 to 6 of a storage of 6"),
        Arguments.of(
            "K\u0000",
            "K\u0003\u0085",
            "K\u0003\u0085",
            "[3] cannot be read: it spans elements 0 to 6 of a storage of 6"),
        Arguments.of(
            "J\u00ff\u00ff\u00ff\u00ff",
            "K\u0002\u0085",
            "K\u0001\u0085",
            "[2] cannot be read: it spans elements -1 to 0 of a storage of 6"),
        Arguments.of(
            "K\u0005",
            "K\u0002\u0085",
            "J\u00ff\u00ff\u00ff\u00ff\u0085",
            "[2] cannot be read: it has strides [-1]"),
        Arguments.of(
            "K\u0000",
            "J\u00ff\u00ff\u00ff\u00ff\u0085",
            "K\u0001\u0085",
            "[-1] cannot be read: it has strides [1]"),
        Arguments.of(
            "K\u0000",
            "K\u0002\u0085",
            "K\u0001K\u0001\u0086",
            "[2] cannot be read: it has strides [1, 1]"),
        Arguments.of(
            "K\u0000",
            "\u008a\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0000@K\u0004\u0086",
            "K\u0000K\u0000\u0086",
            "[4611686018427387904, 4] cannot be read: its size or strides overflow"),
        Arguments.of(
            "K\u0000",
            "K\u0007\u0085",
            "K\u0000\u0085",
            "[7] cannot be read: it is an expanded view of fewer elements; save it with .contiguous()"));
  }

  @ParameterizedTest
  @MethodSource("views")
  void viewsBeyondTheirStorageAreRefused(String offset, String size, String stride, String message)
      throws IOException {
    Path file = write(one(tensor(offset, size, stride)));
    assertRefused(file).hasMessage(file + ": tensor 'w' of shape " + message);
  }

  @Test
  void aStorageOfAnotherSizeIsRefused() throws IOException {
    String pickle = one(tensor("K\u0000", "K\u0002\u0085", "K\u0001\u0085"));
    Path file = archive(directory.resolve("a.bin"), pickle, 20);
    assertRefused(file)
        .hasMessage(
            file
                + ": tensor 'w' of shape [2] cannot be read: its storage 'data/0' has 20 bytes,"
                + " expected 24; download or copy the file again");
  }

  static List<Arguments> pickles() {
    return List.of(
        Arguments.of(
            "}cbuiltins\neval\n\u008c\u0001x\u0085R.",
            "refers to Python's 'builtins.eval', which no state dict needs and which could run code; nothing was run."),
        Arguments.of(
            "\u008c\u0002os\u008c\u0006system\u0093.",
            "refers to Python's 'os.system', which no state dict needs and which could run code; nothing was run."),
        Arguments.of(
            "(\u008c\u0001xios\nsystem\n.",
            "the pickle cannot be read at byte 7: opcode 0x69 is not one that state dicts need; nothing was run."),
        Arguments.of(
            "ccollections\nOrderedDict\n)\u0081.",
            "the pickle cannot be read at byte 29: opcode 0x81 is not one that state dicts need; nothing was run."),
        Arguments.of(
            "\u0082\u0001.",
            "the pickle cannot be read at byte 3: opcode 0x82 is not one that state dicts need; nothing was run."),
        Arguments.of(
            "]}b.",
            "the pickle cannot be read at byte 5: attributes set on a ArrayList; nothing was run."),
        Arguments.of(
            "ctorch\nFloatStorage\n)R.",
            "the pickle holds a call of a Dtype; not written by torch.save, or damaged"),
        Arguments.of(
            "K\u0001Q.",
            "the pickle holds a persistent id that is no storage; not written by torch.save, or damaged"),
        Arguments.of(
            "ctorch._utils\n_rebuild_tensor_v2\n)R.",
            "the pickle holds a tensor with unknown arguments; not written by torch.save, or damaged"),
        Arguments.of(
            "}]K\u0001s.",
            "the pickle cannot be read at byte 7: a dict's key is a ArrayList, expected text or an integer."),
        Arguments.of(
            "K\u0001K\u0001a.", "the pickle cannot be read at byte 7: items appended to a Long."),
        Arguments.of("e.", "the pickle cannot be read at byte 3: no mark is left on the stack."),
        Arguments.of("0.", "the pickle cannot be read at byte 3: no value is left on the stack."),
        Arguments.of(
            "h\u0001.", "the pickle cannot be read at byte 4: no value is remembered as 1."),
        Arguments.of(
            "\u008a\u0009.",
            "the pickle cannot be read at byte 4: an integer of 9 bytes, expected at most 8."),
        Arguments.of(
            "X\u00ff\u00ff\u00ff\u00ff.", "the pickle cannot be read at byte 7: it ends early."),
        Arguments.of("}q\u0000", "the pickle cannot be read at byte 5: it ends early."),
        Arguments.of(
            "\u0080\u0001.",
            "the pickle cannot be read at byte 4: pickle protocol 1, expected 2 to 5."),
        Arguments.of("]q\u0000h\u0000a.", "dicts within dicts without end, at '0.0"));
  }

  @ParameterizedTest
  @MethodSource("pickles")
  void otherPicklesAreRefused(String opcodes, String message) throws IOException {
    Path file = write(PROTO_2 + opcodes);
    assertRefused(file).hasMessageStartingWith(file + ": " + message);
  }

  /// Thirty lists, each of which holds the one before it twice: a billion paths in 200 bytes.
  @Test
  void aPickleThatUnfoldsWithoutMeasureIsRefused() throws IOException {
    String pickle = PROTO_2 + "]" + "q\u0000](h\u0000h\u0000e".repeat(30) + ".";
    assertRefused(write(pickle)).hasMessageContaining("dicts within dicts without end");
  }

  @Test
  void twoTensorsOfOneNameAreRefused() throws IOException {
    String tensor = tensor("K\u0000", "K\u0002\u0085", "K\u0001\u0085");
    String nested = text("a") + "}" + text("b") + tensor + "s";
    Path file = write(PROTO_2 + "}(" + nested + text("a.b") + tensor + "u.");
    assertRefused(file).hasMessage(file + ": two tensors are named 'a.b'");
  }
}

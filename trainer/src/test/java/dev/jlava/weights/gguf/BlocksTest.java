package dev.jlava.weights.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class BlocksTest {
  private final GoldenTensors golden = Golden.tensors("gguf/blocks.safetensors");

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"F32", "Q4_1"})
  void bytesAreLlamaCppsToTheLastBit(GgmlType type) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment blocks = Blocks.encode(type, segment(golden.floats("values")), arena);
      byte[] expected = golden.uint8(type + ".bytes");
      assertThat(Arrays.mismatch(blocks.toArray(ValueLayout.JAVA_BYTE), expected)).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "F32")
  void valuesAreThoseOfTheGgufPackageToTheLastBit(GgmlType type) {
    float[] found = decoded(type, golden.uint8(type + ".bytes"));
    assertThat(Arrays.mismatch(found, golden.floats(type + ".values"))).isEqualTo(-1);
  }

  @ParameterizedTest
  @EnumSource(names = {"Q4_K", "Q5_K", "Q6_K"})
  void anyBlockIsReadAsTheGgufPackageReadsIt(GgmlType type) {
    float[] found = decoded(type, golden.uint8(type + ".random.bytes"));
    assertThat(Arrays.mismatch(found, golden.floats(type + ".random.values"))).isEqualTo(-1);
  }

  /// More than one piece, whose last is not full.
  @Test
  void aLargeTensorIsTheSumOfItsRows() {
    float[] values = golden.floats("values");
    float[] many = new float[values.length * 23];
    for (int i = 0; i < many.length; i++) {
      many[i] = values[i % values.length];
    }
    try (Arena arena = Arena.ofShared()) {
      float[] once =
          decoded(
              GgmlType.Q8_0,
              Blocks.encode(GgmlType.Q8_0, segment(values), arena).toArray(ValueLayout.JAVA_BYTE));
      float[] all =
          decoded(
              GgmlType.Q8_0,
              Blocks.encode(GgmlType.Q8_0, segment(many), arena).toArray(ValueLayout.JAVA_BYTE));
      assertThat(all).hasSize(many.length);
      for (int i = 0; i < all.length; i++) {
        assertThat(all[i]).isEqualTo(once[i % once.length]);
      }
    }
  }

  private static float[] decoded(GgmlType type, byte[] blocks) {
    try (Arena arena = Arena.ofShared()) {
      return Blocks.decode(type, MemorySegment.ofArray(blocks), arena)
          .toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static MemorySegment segment(float[] values) {
    return MemorySegment.ofArray(values);
  }
}

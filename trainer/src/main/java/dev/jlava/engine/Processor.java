package dev.jlava.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What this machine's processor can, as `/proc/cpuinfo` says.
///
/// @param intel whether Intel made it
/// @param bf16 whether it has AVX-512's bf16 instructions
/// @param amx whether it has AMX's
record Processor(boolean intel, boolean bf16, boolean amx) {
  static Processor read() {
    try {
      String info = Files.readString(Path.of("/proc/cpuinfo"));
      return new Processor(
          info.contains("GenuineIntel"), info.contains("avx512_bf16"), info.contains("amx_bf16"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// libtorch multiplies bf16 fast only with these instructions (oneDNN's condition); without AMX,
  /// Intel's do it no faster than fp32.
  boolean hasFastBf16() {
    return amx || (bf16 && !intel);
  }
}

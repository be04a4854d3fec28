package dev.jlava.engine;

import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// The libtorch of this process: which one DJL has found and loaded, and what it can use.
public final class Libtorch {
  private Libtorch() {}

  /// Its version.
  public static String version() {
    return engine().getVersion();
  }

  /// Its main library, as the process has mapped it.
  public static Path library() {
    engine();
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines
          .filter(line -> line.endsWith("/libtorch_cpu.so"))
          .findFirst()
          .map(line -> Path.of(line.substring(line.indexOf('/'))))
          .orElseThrow(() -> new IllegalStateException("libtorch_cpu.so is not loaded"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Whether it is a CUDA build; it may still find no GPU.
  public static boolean isCudaBuild() {
    return Files.exists(library().resolveSibling("libtorch_cuda.so"));
  }

  /// Whether it can use a GPU.
  public static boolean hasGpu() {
    engine();
    return JniUtils.getFeatures().contains("CUDA");
  }

  /// Whether the machine has a GPU that this libtorch cannot use.
  public static boolean leavesGpuUnused() {
    return !hasGpu() && Files.exists(Path.of("/dev/nvidia0"));
  }

  private static ai.djl.engine.Engine engine() {
    return ai.djl.engine.Engine.getEngine("PyTorch");
  }
}

package dev.jlava.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `./jlava` itself, with programs in the place of the JDK and of Python that show what they get.
final class LauncherTest {
  @TempDir Path directory;

  @BeforeEach
  void programs() throws IOException {
    Files.copy(Path.of(System.getProperty("jlava.root"), "jlava"), directory.resolve("jlava"));
    write("launch/target/app/built", "");
    program("jdk/bin/javac", "echo javac 25.0.1");
    program("jdk/bin/java", "env");
    program("bin/python3", "echo " + directory.resolve("site/torch"));
    write("site/torch/lib/libtorch_cuda.so", "");
    write("site/nvidia/nccl/lib/libnccl.so.2", "");
    write("site/torch/version.py", "__version__ = '2.7.1+cu126'\n");
  }

  @Test
  void onAMachineWithAGpuPythonsTorchIsUsed() throws Exception {
    program("bin/nvidia-smi", "");
    assertThat(environment())
        .contains("PYTORCH_LIBRARY_PATH=" + directory.resolve("site/torch/lib"))
        .contains("PYTORCH_VERSION=2.7.1", "PYTORCH_FLAVOR=cu128")
        .contains("LD_LIBRARY_PATH=" + directory.resolve("site/nvidia/nccl/lib"));
  }

  @Test
  void withoutAGpuOrWithAnotherTorchTheBuildsOwnIsUsed() throws Exception {
    assertThat(environment()).doesNotContain("PYTORCH_");
    program("bin/nvidia-smi", "");
    write("site/torch/version.py", "__version__ = '2.7.0'\n");
    assertThat(environment()).doesNotContain("PYTORCH_");
  }

  private String environment() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder("sh", directory.resolve("jlava").toString(), "env")
            .redirectErrorStream(true);
    builder.environment().keySet().removeIf(k -> k.startsWith("PYTORCH_") || k.startsWith("LD_"));
    builder.environment().put("JAVA_HOME", directory.resolve("jdk").toString());
    builder.environment().put("PATH", directory.resolve("bin") + ":/usr/bin:/bin");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  private void program(String name, String script) throws IOException {
    write(name, "#!/bin/sh\n" + script + "\n");
    assertThat(directory.resolve(name).toFile().setExecutable(true)).isTrue();
  }

  private void write(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}

package dev.jlava.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class DeviceTest {
  @Test
  void withoutAGpuAutoIsTheCpu() {
    assertThat(Libtorch.hasGpu()).isFalse();
    assertThat(Device.named("auto")).isEqualTo(new Device.Cpu());
    assertThat(Device.named("cpu")).isEqualTo(new Device.Cpu());
  }

  @Test
  void aGpuThatLibtorchWasNotBuiltForIsAnErrorThatSaysWhatToDo() {
    assertThatThrownBy(() -> Device.named("cuda:1"))
        .isInstanceOf(DeviceException.class)
        .hasMessageStartingWith("cuda:1: libtorch is a build for the CPU (found /")
        .hasMessageEndingWith(
            "libtorch_cpu.so); start with a CUDA build as docs/gpu.md says, or ask for the device"
                + " cpu");
  }

  /// What a CUDA build without a driver answers: the device is tried before anything is loaded.
  @Test
  void aGpuThatDoesNotComputeIsAnError() {
    assertThatThrownBy(() -> Engine.start(new Device.Cuda(0), 1))
        .isInstanceOf(DeviceException.class)
        .hasMessageStartingWith("cuda:0: libtorch cannot compute there (")
        .hasMessageEndingWith("); compare with what nvidia-smi lists, or ask for the device cpu");
  }

  @Test
  void anUnknownDeviceIsNamed() {
    assertThatThrownBy(() -> Device.named("tpu"))
        .isInstanceOf(DeviceException.class)
        .hasMessage("device 'tpu' is unknown (allowed auto, cpu, cuda, cuda:N)");
  }

  @Tag("gpu")
  @Test
  void withAGpuAutoIsTheFirst() {
    assertThat(Device.named("auto")).isEqualTo(new Device.Cuda(0));
    assertThat(Device.named("cuda")).isEqualTo(new Device.Cuda(0));
  }
}

package dev.jlava.engine;

/// Where tensors live: the CPU, or one CUDA device.
public sealed interface Device {
  /// The host's memory and cores.
  record Cpu() implements Device {
    @Override
    public String toString() {
      return "cpu";
    }
  }

  /// One GPU by its index among the visible ones.
  record Cuda(int index) implements Device {
    @Override
    public String toString() {
      return "cuda:" + index;
    }
  }

  /// The device that a user asks for: `cpu`, `cuda` (the first GPU), `cuda:N`, or `auto`, which is
  /// the first GPU where libtorch can use one and the CPU elsewhere.
  ///
  /// @throws DeviceException where a GPU is asked for and libtorch is a build for the CPU
  static Device named(String wanted) {
    return switch (wanted) {
      case "cpu" -> new Cpu();
      case "auto" -> Libtorch.hasGpu() ? new Cuda(0) : new Cpu();
      case "cuda" -> gpu(0);
      default -> {
        if (!wanted.matches("cuda:\\d{1,4}")) {
          throw new DeviceException(
              "device '" + wanted + "' is unknown (allowed auto, cpu, cuda, cuda:N)");
        }
        yield gpu(Integer.parseInt(wanted.substring("cuda:".length())));
      }
    };
  }

  private static Device gpu(int index) {
    Device device = new Cuda(index);
    if (!Libtorch.isCudaBuild()) {
      throw new DeviceException(
          device
              + ": libtorch is a build for the CPU (found "
              + Libtorch.library()
              + "); start with a CUDA build as docs/gpu.md says, or ask for the device cpu");
    }
    return device;
  }
}

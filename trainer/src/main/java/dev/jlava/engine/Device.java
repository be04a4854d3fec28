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
}

package dev.jlava.cli;

import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Libtorch;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `./jlava env`: what this machine has for training.
@Command(
    name = "env",
    description = "Shows JDK, libtorch, cores and memory.",
    mixinStandardHelpOptions = true)
final class EnvCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.println("JDK       " + Runtime.version() + " (" + System.getProperty("java.home") + ")");
    out.println("cores     " + Runtime.getRuntime().availableProcessors());
    out.println("heap      " + (Runtime.getRuntime().maxMemory() >> 20) + " MiB at most");
    try (Engine engine = Engine.start(new Device.Cpu(), 0)) {
      out.println("libtorch  " + Libtorch.version() + ", CPU, " + engine.threads() + " threads");
    }
    out.println("GPU       not used: training runs on the CPU");
    return 0;
  }
}

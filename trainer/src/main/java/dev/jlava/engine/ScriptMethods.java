package dev.jlava.engine;

import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/// Calls of a TorchScript module's methods with autograd left on. DJL's public
/// `IValueUtils.runMethod` always turns it off, so the native method beneath is called.
final class ScriptMethods {
  private final long module;
  private final MethodHandle runMethod;
  private final MethodHandle newValue;

  ScriptMethods(PtSymbolBlock block) {
    this.module = block.getHandle();
    try {
      Class<?> library = Class.forName("ai.djl.pytorch.jni.PyTorchLibrary");
      MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(library, MethodHandles.lookup());
      Object instance = lookup.findStaticGetter(library, "LIB", library).invoke();
      MethodType type =
          MethodType.methodType(
              long.class, long.class, String.class, long[].class, boolean.class, boolean.class);
      this.runMethod = lookup.findVirtual(library, "moduleRunMethod", type).bindTo(instance);
      MethodHandles.Lookup values =
          MethodHandles.privateLookupIn(IValue.class, MethodHandles.lookup());
      this.newValue =
          values.findConstructor(IValue.class, MethodType.methodType(void.class, long.class));
    } catch (Throwable e) {
      throw new IllegalStateException("DJL's PyTorch engine is not the version built against", e);
    }
  }

  /// Runs a method; the caller closes the result.
  IValue run(String name, IValue[] arguments) {
    long[] handles = new long[arguments.length];
    for (int i = 0; i < handles.length; i++) {
      handles[i] = arguments[i].getHandle();
    }
    try {
      long result = (long) runMethod.invokeExact(module, name, handles, true, false);
      return (IValue) newValue.invokeExact(result);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}

package dev.jlava.engine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Optional;

/// An exclusive lock on a file by Linux' `flock`, which Python's filelock takes too; Java's own
/// locks are `fcntl`'s, which `flock` does not see. Ends with the process at the latest.
public final class FileLock implements AutoCloseable {
  private static final int READ_WRITE_CREATE_CLOSE_ON_EXEC = 0x2 | 0x40 | 0x80000;
  private static final int READABLE_AND_WRITABLE_BY_ALL = 0666;
  private static final int EXCLUSIVE_WITHOUT_WAITING = 2 | 4;
  private static final int HELD_BY_ANOTHER = 11;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option ERRORS = Linker.Option.captureCallState("errno");
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));

  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("open"),
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
          Linker.Option.firstVariadicArg(2),
          ERRORS);
  private static final MethodHandle FLOCK =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("flock"),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT),
          ERRORS);
  private static final MethodHandle CLOSE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("close"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final int descriptor;

  private FileLock(int descriptor) {
    this.descriptor = descriptor;
  }

  /// Takes the lock, creating the file if need be; nothing where another process or another part of
  /// this one holds it.
  ///
  /// @throws IOException where the file cannot be opened, or its file system has no locks
  public static Optional<FileLock> tryLock(Path file) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int descriptor =
          (int)
              OPEN.invokeExact(
                  state,
                  arena.allocateFrom(file.toString()),
                  READ_WRITE_CREATE_CLOSE_ON_EXEC,
                  READABLE_AND_WRITABLE_BY_ALL);
      if (descriptor < 0) {
        throw new IOException(file + ": cannot be opened (errno " + errno(state) + ")");
      }
      FileLock lock = new FileLock(descriptor);
      if ((int) FLOCK.invokeExact(state, descriptor, EXCLUSIVE_WITHOUT_WAITING) == 0) {
        return Optional.of(lock);
      }
      int error = errno(state);
      lock.close();
      if (error == HELD_BY_ANOTHER) {
        return Optional.empty();
      }
      throw new IOException(file + ": cannot be locked (errno " + error + ")");
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }

  /// Gives the lock back; the file stays.
  @Override
  public void close() {
    try {
      int _ = (int) CLOSE.invokeExact(descriptor);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}

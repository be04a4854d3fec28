package dev.jlava.engine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// The pages of a mapped file that have been read: Linux counts them as the process's memory until
/// they are given back.
public final class MappedPages {
  private static final long PAGE = 4096;
  private static final int DONTNEED = 4;
  private static final MethodHandle MADVISE =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("madvise"),
              FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

  private MappedPages() {}

  /// Gives back the pages that lie wholly in a view of a read-only mapped file; reading them again
  /// is allowed, and reads the file. Does nothing to other memory.
  public static void release(MemorySegment view) {
    if (!view.isMapped() || !view.isReadOnly()) {
      return;
    }
    long start = (view.address() + PAGE - 1) / PAGE * PAGE;
    long length = (view.address() + view.byteSize() - start) / PAGE * PAGE;
    if (length <= 0) {
      return;
    }
    try {
      // Only advice: an error leaves the pages where they are.
      int _ = (int) MADVISE.invokeExact(MemorySegment.ofAddress(start), length, DONTNEED);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}

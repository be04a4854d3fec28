package dev.jlava.checkpoint;

import dev.jlava.weights.CopiedItems;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// Writes checkpoints on a thread of its own while training goes on: of a copy of the tensors, one
/// at a time. Used by one thread.
public final class CheckpointWriter implements AutoCloseable {
  private final Checkpoints checkpoints;
  private final boolean background;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("jlava-checkpoint").daemon().factory());
  private @Nullable Future<?> pending;

  /// @param background whether there is a copy; without, [#write] returns when all is on disk
  public CheckpointWriter(Checkpoints checkpoints, boolean background) {
    this.checkpoints = checkpoints;
    this.background = background;
  }

  /// Writes a checkpoint, once the one before is written. The contents may change as soon as this
  /// returns.
  ///
  /// @throws CheckpointException where it, or the one before, cannot be written
  public void write(Manifest place, Checkpoints.Contents contents) {
    await();
    if (!background) {
      checkpoints.write(place, contents);
      return;
    }
    CopiedItems copies = new CopiedItems();
    try {
      Checkpoints.Contents copied =
          new Checkpoints.Contents(copies.copy(contents.weights()), copies.copy(contents.state()));
      pending =
          thread.submit(() -> {
            try (copies) {
              checkpoints.write(place, copied);
            }
          });
    } catch (RuntimeException | Error e) {
      copies.close();
      throw e;
    }
  }

  /// Reports a checkpoint that could not be written, without waiting for one that is being written.
  ///
  /// @throws CheckpointException as from [#write]
  public void check() {
    if (pending != null && pending.isDone()) {
      await();
    }
  }

  /// Waits until all is on disk.
  ///
  /// @throws CheckpointException as from [#write]
  public void await() {
    Future<?> current = pending;
    pending = null;
    if (current == null) {
      return;
    }
    try {
      current.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof CheckpointException fault) {
        throw fault;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a checkpoint is written", e);
    }
  }

  @Override
  public void close() {
    try {
      await();
    } finally {
      thread.shutdown();
    }
  }
}

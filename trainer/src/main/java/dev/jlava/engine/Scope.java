package dev.jlava.engine;

import java.util.ArrayList;
import java.util.List;

/// Owner of tensors: they end with it. Scopes nest; a tensor can move to another scope to live
/// longer. Used by one thread at a time.
public final class Scope implements AutoCloseable {
  private final List<Tensor> tensors = new ArrayList<>();
  private boolean closed;

  Tensor own(Tensor tensor) {
    if (closed) {
      throw new IllegalStateException("this scope has ended; a tensor cannot join it");
    }
    tensors.add(tensor);
    return tensor;
  }

  /// Takes a tensor over from the scope that owns it now.
  public Tensor adopt(Tensor tensor) {
    tensor.moveTo(this);
    return tensor;
  }

  /// Ends one tensor before the others.
  public void release(Tensor tensor) {
    forget(tensor);
    tensor.close();
  }

  void forget(Tensor tensor) {
    // Recent tensors move or end most often: look from the end.
    for (int i = tensors.size() - 1; i >= 0; i--) {
      if (tensors.get(i) == tensor) {
        tensors.remove(i);
        return;
      }
    }
    throw new IllegalStateException("the tensor belongs to another scope");
  }

  @Override
  public void close() {
    closed = true;
    for (int i = tensors.size() - 1; i >= 0; i--) {
      tensors.get(i).close();
    }
    tensors.clear();
  }
}

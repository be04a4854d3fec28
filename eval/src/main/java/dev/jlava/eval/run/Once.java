package dev.jlava.eval.run;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Something that is made when it is first needed. Used by one thread.
final class Once<T> implements Supplier<T> {
  private final Supplier<T> maker;
  private @Nullable T made;

  Once(Supplier<T> maker) {
    this.maker = maker;
  }

  @Override
  public T get() {
    T here = made;
    if (here == null) {
      here = maker.get();
      made = here;
    }
    return here;
  }
}

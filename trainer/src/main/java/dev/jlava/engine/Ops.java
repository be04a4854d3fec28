package dev.jlava.engine;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The arithmetic of the models: typed calls into `ops.py`, whose results belong to one scope.
/// Shapes: T positions, D model width, H heads, d head width, N images or sequences. Every ATen
/// operator is reached this way, with autograd and bfloat16, at about 10 µs a call.
public final class Ops {
  private final Engine engine;
  private final Scope scope;

  Ops(Engine engine, Scope scope) {
    this.engine = engine;
    this.scope = scope;
  }

  public Engine engine() {
    return engine;
  }

  public Scope scope() {
    return scope;
  }

  /// The same operators with results in another scope.
  public Ops in(Scope other) {
    return new Ops(engine, other);
  }

  public Tensor toType(Tensor x, ScalarType type) {
    return tensor("to_type", of(x), IValue.from((long) type.code()));
  }

  /// The elements in fp32, contiguous; shares memory with x where that is so already.
  public Tensor contiguousFp32(Tensor x) {
    return tensor("contiguous_fp32", of(x));
  }

  /// A copy that shares nothing with x.
  public Tensor copy(Tensor x) {
    return tensor("copy", of(x));
  }

  /// A copy on the engine's device; shares nothing with x.
  public Tensor toDevice(Tensor x) {
    return tensor("to_device", of(x), IValue.from(engine.device().toString()));
  }

  /// Copies the elements of source into target, converting the dtype.
  public void copyInto(Tensor target, Tensor source) {
    run("copy_into", of(target), of(source)).close();
  }

  public Tensor zerosLike(Tensor x, ScalarType type) {
    return tensor("zeros_like", of(x), IValue.from((long) type.code()));
  }

  /// Zeros in the host's memory; pinned there where the engine's device is a GPU.
  public Tensor hostZeros(ScalarType type, long... shape) {
    return tensor(
        "host_zeros",
        IValue.listFrom(shape),
        IValue.from((long) type.code()),
        IValue.from(engine.device() instanceof Device.Cuda));
  }

  /// A tensor of a shape on the engine's device whose elements are not set.
  public Tensor empty(ScalarType type, long... shape) {
    return tensor(
        "empty",
        IValue.listFrom(shape),
        IValue.from((long) type.code()),
        IValue.from(engine.device().toString()));
  }

  /// A handle on the same elements that gradients are taken for.
  public Tensor leaf(Tensor x) {
    return tensor("leaf", of(x));
  }

  /// A handle on the same elements outside of any graph.
  public Tensor detach(Tensor x) {
    return tensor("detach", of(x));
  }

  /// Vector-Jacobian products: the gradients of y for each of xs, given the gradient of y. Ends the
  /// graph.
  public List<Tensor> vjp(Tensor y, List<Tensor> xs, Tensor gradient) {
    return tensors("vjp", of(y), of(xs), of(gradient));
  }

  /// The same of several values at once; keeps their graph.
  List<Tensor> vjpKeeping(List<Tensor> ys, List<Tensor> xs, List<Tensor> gradients) {
    return tensors("vjp_keeping", of(ys), of(xs), of(gradients));
  }

  /// Whether x depends on a leaf.
  boolean requiresGrad(Tensor x) {
    try (IValue result = run("requires_grad", of(x))) {
      return result.toBoolean();
    }
  }

  /// The place of x in its graph, without its elements: x's gradient can be given there.
  Tensor place(Tensor x) {
    return tensor("place", of(x));
  }

  /// The elements of y in a graph's place of y's shape.
  Tensor withData(Tensor place, Tensor y) {
    return tensor("with_data", of(place), of(y));
  }

  /// A leaf of x's shape whose elements are one zero.
  Tensor zeroLeaf(Tensor x) {
    return tensor("zero_leaf", of(x));
  }

  /// x·wᵀ for x [T, in] and w [out, in]; bf16 is multiplied in fp32 where the CPU is no faster in
  /// bf16.
  public Tensor linear(Tensor x, Tensor w) {
    return linear(x, w, List.of(), false);
  }

  /// x·wᵀ + b.
  public Tensor linear(Tensor x, Tensor w, Tensor b) {
    return linear(x, w, List.of(b), false);
  }

  /// [#linear] outside of any graph: on a CPU, in fp32, by oneDNN (docs/decisions/0013).
  public Tensor product(Tensor x, Tensor w) {
    return linear(x, w, List.of(), true);
  }

  /// x·wᵀ + b, outside of any graph.
  public Tensor product(Tensor x, Tensor w, Tensor b) {
    return linear(x, w, List.of(b), true);
  }

  private Tensor linear(Tensor x, Tensor w, List<Tensor> b, boolean apart) {
    return tensor("linear", of(x), of(w), of(b), IValue.from(upcast(x)), IValue.from(apart));
  }

  /// g·w for g [T, out] and w [out, in]: the gradient of a product's input.
  public Tensor productBack(Tensor g, Tensor w) {
    return tensor("product_back", of(g), of(w), IValue.from(upcast(g)));
  }

  /// gᵀ·x for g [T, out] and x [T, in]: the gradient of a product's weight.
  public Tensor productWeight(Tensor g, Tensor x) {
    return tensor("product_weight", of(g), of(x), IValue.from(upcast(g)));
  }

  /// Whether products of a dtype are faster outside of a graph, their derivatives computed one by
  /// one.
  public boolean productsApart(ScalarType type) {
    return engine.device() instanceof Device.Cpu && engine.productType(type) == ScalarType.F32;
  }

  private boolean upcast(Tensor x) {
    long[] shape = x.shape();
    return engine.upcasts(x.type(), x.numElements() / shape[shape.length - 1]);
  }

  /// Root mean square norm over the last dimension, in fp32 inside (LlamaRMSNorm).
  public Tensor rmsNorm(Tensor x, Tensor w, double eps) {
    return tensor("rms_norm", of(x), of(w), IValue.from(eps));
  }

  /// The gradient of the norm's input x, given that of its output.
  public Tensor rmsNormBack(Tensor gradient, Tensor x, Tensor w, double eps) {
    return tensor("rms_norm_back", of(gradient), of(x), of(w), IValue.from(eps));
  }

  /// The gradient [D] of the norm's weight, in fp32.
  public Tensor rmsNormWeight(Tensor gradient, Tensor x, double eps) {
    return tensor("rms_norm_weight", of(gradient), of(x), IValue.from(eps));
  }

  /// Layer norm over the last dimension.
  public Tensor layerNorm(Tensor x, Tensor w, Tensor b, double eps) {
    return tensor("layer_norm", of(x), of(w), of(b), IValue.from(eps));
  }

  public Tensor gelu(Tensor x) {
    return tensor("gelu", of(x));
  }

  public Tensor geluTanh(Tensor x) {
    return tensor("gelu_tanh", of(x));
  }

  /// x·σ(1.702·x), OpenAI CLIP's activation.
  public Tensor quickGelu(Tensor x) {
    return tensor("quick_gelu", of(x));
  }

  /// silu(gate)·up.
  public Tensor swiglu(Tensor gate, Tensor up) {
    return tensor("swiglu", of(gate), of(up));
  }

  public Tensor add(Tensor x, Tensor y) {
    return tensor("add", of(x), of(y));
  }

  public Tensor subtract(Tensor x, Tensor y) {
    return tensor("subtract", of(x), of(y));
  }

  /// x + scale·y.
  public Tensor addScaled(Tensor x, Tensor y, double scale) {
    return tensor("add_scaled", of(x), of(y), IValue.from(scale));
  }

  /// Zeroes elements with probability p and scales the rest by 1/(1-p). The seed alone decides
  /// which: no generator is shared.
  public Tensor dropout(Tensor x, double p, long seed) {
    return tensor("dropout", of(x), IValue.from(p), IValue.from(seed));
  }

  /// w + scale·b·a in fp32, outside of any graph: a weight [out, in] with LoRA's update.
  public Tensor loraWeight(Tensor w, Tensor a, Tensor b, double scale) {
    return tensor("lora_weight", of(w), of(a), of(b), IValue.from(scale));
  }

  /// The Euclidean norm of each row: [out] of [out, in].
  public Tensor rowNorms(Tensor w) {
    return tensor("row_norms", of(w));
  }

  /// The row norms of [#loraWeight], a few rows at a time.
  public Tensor loraRowNorms(Tensor w, Tensor a, Tensor b, double scale) {
    return tensor("lora_row_norms", of(w), of(a), of(b), IValue.from(scale));
  }

  /// w [out, in] with rows rescaled to the given norms [out].
  public Tensor withRowNorms(Tensor w, Tensor norms) {
    return tensor("with_row_norms", of(w), of(norms));
  }

  /// result + (g-1)·base + g·scale·update with g = magnitude/norms by column, where result, base
  /// and update are [T, out], magnitude and norms [out]: DoRA's output.
  public Tensor dora(
      Tensor result, Tensor base, Tensor update, double scale, Tensor magnitude, Tensor norms) {
    return tensor(
        "dora", of(result), of(base), of(update), IValue.from(scale), of(magnitude), of(norms));
  }

  public Tensor view(Tensor x, long... shape) {
    return tensor("view", of(x), IValue.listFrom(shape));
  }

  /// Rows of x [T, …] by index [L].
  public Tensor rows(Tensor x, Tensor index) {
    return tensor("rows", of(x), of(index));
  }

  /// x with the rows at index replaced; a copy.
  public Tensor putRows(Tensor x, Tensor index, Tensor rows) {
    return tensor("put_rows", of(x), of(index), of(rows));
  }

  /// Adds rows into x in place, at index.
  public void addRows(Tensor x, Tensor index, Tensor rows) {
    run("add_rows", of(x), of(index), of(rows)).close();
  }

  /// A slice of one dimension, sharing memory.
  public Tensor narrow(Tensor x, int dimension, long start, long length) {
    return tensor(
        "narrow", of(x), IValue.from((long) dimension), IValue.from(start), IValue.from(length));
  }

  public Tensor concat(List<Tensor> xs, int dimension) {
    return tensor("concat", of(xs), IValue.from((long) dimension));
  }

  /// The place of the largest element of each row of x [N, V], the first of equals; -1 where a row
  /// holds a NaN.
  public int[] argmax(Tensor x) {
    try (Scope temporary = new Scope()) {
      long[] places = in(temporary).tensor("argmax", of(x)).longs();
      return Arrays.stream(places).mapToInt(place -> (int) place).toArray();
    }
  }

  /// Pixels [N, 3, h, w] as flattened patches [N, P, 3·patch²], row by row.
  public Tensor patches(Tensor pixels, int patch) {
    return tensor("patches", of(pixels), IValue.from((long) patch));
  }

  /// One token [D] in front of each of x [N, P, D].
  public Tensor prepend(Tensor token, Tensor x) {
    return tensor("prepend", of(token), of(x));
  }

  /// Rotary position embedding of x [T, H, d] by cos and sin [T, 1, d/2], in fp32 inside: channel i
  /// turns with channel i + d/2 (LlamaAttention). The turned pairs come out next to each other,
  /// which scalar products of queries and keys that both come from here do not see.
  public Tensor rotary(Tensor x, Tensor cos, Tensor sin) {
    return tensor("rotary", of(x), of(cos), of(sin));
  }

  /// Causal attention within each sequence of a packed stream: q [T, H, d], k and v [T, G, d], the
  /// lengths of the sequences, the number of positions a query looks back; gives [T, H·d].
  public Tensor attention(Tensor q, Tensor k, Tensor v, long[] lengths, long window) {
    return tensor("attention", of(q), of(k), of(v), IValue.listFrom(lengths), IValue.from(window));
  }

  /// [#attention] of q and k that are not turned yet, outside of any graph and on a CPU: of longer
  /// sequences some hundred queries at a time.
  public Tensor packedAttention(Tensor q, Tensor k, Tensor v, Packed packed) {
    return tensor(
        "packed_attention",
        of(q),
        of(k),
        of(v),
        of(packed.cos()),
        of(packed.sin()),
        IValue.listFrom(packed.lengths()),
        IValue.from(packed.window()));
  }

  /// The gradients of q, k and v, given that of [#packedAttention]'s output.
  public List<Tensor> packedAttentionBack(
      Tensor q, Tensor k, Tensor v, Packed packed, Tensor gradient) {
    return tensors(
        "packed_attention_back",
        of(q),
        of(k),
        of(v),
        of(packed.cos()),
        of(packed.sin()),
        of(gradient),
        IValue.listFrom(packed.lengths()),
        IValue.from(packed.window()));
  }

  /// Whether attention of a dtype is faster outside of a graph: libtorch's on a CPU multiplies bf16
  /// in fp32, by MKL.
  public boolean attentionApart(ScalarType type) {
    return engine.device() instanceof Device.Cpu && engine.productType(type) == ScalarType.BF16;
  }

  /// Sequences, one behind the other.
  ///
  /// @param cos of each position [T, 1, d/2]
  /// @param sin of each position [T, 1, d/2]
  /// @param lengths of the sequences
  /// @param window how many positions a query looks back
  public record Packed(Tensor cos, Tensor sin, long[] lengths, long window) {}

  /// Attention of every position to every other: q, k, v [N, P, D]; gives [N, P, D].
  public Tensor fullAttention(Tensor q, Tensor k, Tensor v, int heads) {
    return tensor("full_attention", of(q), of(k), of(v), IValue.from((long) heads));
  }

  /// Causal attention of the new positions of sequences, packed, whose keys and values are first
  /// written into each sequence's cache [capacity, G, d] behind its `past` ones. A single new
  /// position reads the cache in place, the queries of a key's group side by side and without a
  /// mask: it sees all that the window holds.
  public Tensor cachedAttention(Tensor q, Tensor k, Tensor v, Cached cached, long[] lengths) {
    return tensor(
        "cached_attention",
        of(q),
        of(k),
        of(v),
        of(cached.keys()),
        of(cached.values()),
        IValue.listFrom(cached.pasts()),
        IValue.listFrom(lengths),
        IValue.from(cached.window()));
  }

  /// Keys and values of sequences.
  ///
  /// @param keys a tensor [capacity, G, d] a sequence; of several layers one layer after another
  /// @param pasts how many positions of each sequence are there
  /// @param window how many positions a query looks back
  public record Cached(List<Tensor> keys, List<Tensor> values, long[] pasts, long window) {}

  /// New positions of sequences, packed.
  ///
  /// @param cached keys and values of every layer
  /// @param lengths how many positions each of the N sequences has
  /// @param last index [N] of each sequence's last position
  /// @param cos of each position [T, 1, d/2]
  /// @param sin of each position [T, 1, d/2]
  public record Stream(Cached cached, long[] lengths, Tensor last, Tensor cos, Tensor sin) {}

  /// A decoder's next-token logits [N, V] in fp32 after new positions of N sequences, all layers in
  /// one call.
  ///
  /// @param x [T, D] what the first layer reads
  /// @param outer final norm, head
  /// @param layers seven a layer: norm; weight and bias of q, behind which those of k and v lie in
  ///   memory, the weight again for no bias; o; norm; gate, behind which up lies; down
  public Tensor decode(
      Tensor x, List<Tensor> outer, List<Tensor> layers, Stream stream, double eps) {
    Cached cached = stream.cached();
    return tensor(
        "decode",
        of(x),
        of(outer),
        of(layers),
        of(cached.keys()),
        of(cached.values()),
        IValue.listFrom(cached.pasts()),
        IValue.listFrom(stream.lengths()),
        of(stream.last()),
        of(stream.cos()),
        of(stream.sin()),
        IValue.from(cached.window()),
        IValue.from(eps),
        IValue.from(engine.upcasts(x.type(), x.size(0))),
        IValue.from(engine.upcasts(x.type(), stream.last().size(0))),
        IValue.from(engine.multipliesVectorsByMkl()));
  }

  /// Rows of logits that [#crossEntropy] has at a time, for a vocabulary.
  public static long lossChunk(long vocabSize) {
    return Math.max(64, (16L << 20) / vocabSize);
  }

  /// The summed cross entropy of a language-model head and its gradient, chunk by chunk.
  ///
  /// @param h [L, D] normed hidden states
  /// @param w [V, D] head
  /// @param targets [L] ids
  /// @param scale factor of the gradients (not of the loss)
  /// @param dw fp32 gradient of the head to add to, or none where it is frozen
  /// @return the summed loss [1] in fp32, and the gradient of h
  public List<Tensor> crossEntropy(
      Tensor h, Tensor w, Tensor targets, double scale, List<Tensor> dw) {
    return tensors(
        "cross_entropy",
        of(h),
        of(w),
        of(targets),
        IValue.from(lossChunk(w.size(0))),
        IValue.from(scale),
        of(dw),
        IValue.from(upcast(h)));
  }

  /// total += g, in fp32.
  public void accumulate(Tensor total, Tensor g) {
    run("accumulate", of(total), of(g)).close();
  }

  /// The Euclidean norm over all elements of all tensors.
  public float norm(List<Tensor> xs) {
    try (Scope temporary = new Scope()) {
      return in(temporary).tensor("norm", of(xs)).item();
    }
  }

  /// One AdamW step in place (decoupled decay; Loshchilov and Hutter 2019), all in fp32. The four
  /// lists run in parallel; the gradients are divided in place too.
  ///
  /// @param step [1], the number of the step, from 1
  public void adamw(
      List<Tensor> weights,
      List<Tensor> gradients,
      List<Tensor> firstMoments,
      List<Tensor> secondMoments,
      Tensor step,
      AdamwConstants c) {
    run(
            "adamw",
            of(weights),
            of(gradients),
            of(firstMoments),
            of(secondMoments),
            of(step),
            IValue.from(c.divisor()),
            IValue.from(c.lr()),
            IValue.from(c.beta1()),
            IValue.from(c.beta2()),
            IValue.from(c.weightDecay()),
            IValue.from(c.eps()))
        .close();
  }

  /// One AdamW step in place whose moments are 8-bit codes of blocks of 256 elements, as in
  /// bitsandbytes; but a second moment above zero is not rounded to zero, over which a first moment
  /// would be divided in a step without gradient. About a million elements are in fp32 at a time.
  ///
  /// @param step the number of the step, from 1
  public void adamw8bit(
      Tensor weight,
      Tensor gradient,
      Blockwise first,
      Blockwise second,
      int step,
      AdamwConstants c) {
    run(
            "adamw_8bit",
            of(weight),
            of(gradient),
            of(List.of(first.codes(), second.codes())),
            of(List.of(first.scales(), second.scales())),
            of(first.map().tensors()),
            of(second.map().tensors()),
            IValue.from(1 - Math.pow(c.beta1(), step)),
            IValue.from(1 - Math.pow(c.beta2(), step)),
            IValue.from(c.divisor()),
            IValue.from(c.lr()),
            IValue.from(c.beta1()),
            IValue.from(c.beta2()),
            IValue.from(c.weightDecay()),
            IValue.from(c.eps()))
        .close();
  }

  /// Scalars of an AdamW step.
  ///
  /// @param divisor the gradients are divided by it first
  public record AdamwConstants(
      double divisor, double lr, double beta1, double beta2, double weightDecay, double eps) {}

  static IValue of(Tensor x) {
    return IValue.from(x.array());
  }

  private static IValue of(List<Tensor> xs) {
    return IValue.listFrom(xs.stream().map(Tensor::array).toArray(PtNDArray[]::new));
  }

  Tensor tensor(String name, IValue... arguments) {
    try (IValue result = run(name, arguments)) {
      return new Tensor(engine, result.toTensor(engine.manager()), scope);
    }
  }

  List<Tensor> tensors(String name, IValue... arguments) {
    try (IValue result = run(name, arguments)) {
      List<Tensor> all = new ArrayList<>();
      for (PtNDArray array : result.toTensorArray(engine.manager())) {
        all.add(new Tensor(engine, array, scope));
      }
      return all;
    }
  }

  IValue run(String name, IValue... arguments) {
    try {
      return engine.methods().run(name, arguments);
    } finally {
      Arrays.stream(arguments).forEach(IValue::close);
    }
  }
}

class Ops(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def to_type(self: __torch__.Ops, x: Tensor, dtype: int) -> Tensor:
    return torch.to(x, dtype)
  def contiguous_fp32(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.contiguous(torch.to(x, 6))
  def copy(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.clone(x)
  def to_device(self: __torch__.Ops, x: Tensor, device: str) -> Tensor:
    return torch.to(x, torch.device(device), ops.prim.dtype(x), False, True)
  def copy_into(self: __torch__.Ops, target: Tensor, source: Tensor) -> Tensor:
    return torch.copy_(target, source)
  def host_zeros(self: __torch__.Ops, shape: List[int], dtype: int, pinned: bool) -> Tensor:
    return torch.zeros(shape, dtype=dtype, device=torch.device("cpu"), pin_memory=pinned)
  def zeros_like(self: __torch__.Ops, x: Tensor, dtype: int) -> Tensor:
    return torch.zeros_like(x, dtype=dtype)
  def empty(self: __torch__.Ops, shape: List[int], dtype: int, device: str) -> Tensor:
    return torch.empty(shape, dtype=dtype, device=torch.device(device))
  def leaf(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.requires_grad_(torch.detach(x))
  def detach(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.detach(x)

  def vjp(self: __torch__.Ops, y: Tensor, xs: List[Tensor], gradient: Tensor) -> List[Tensor]:
    return (self).found(torch.autograd.grad([y], xs, annotate(List[Optional[Tensor]], [gradient]), False, False, True), xs, )
  def vjp_keeping(self: __torch__.Ops, ys: List[Tensor], xs: List[Tensor], gradients: List[Tensor]) -> List[Tensor]:
    seeds = annotate(List[Optional[Tensor]], [])
    for i in range(torch.len(gradients)):
      _0 = torch.append(seeds, gradients[i])
    return (self).found(torch.autograd.grad(ys, xs, seeds, True, False, True), xs, )
  def found(self: __torch__.Ops, gradients: List[Optional[Tensor]], xs: List[Tensor]) -> List[Tensor]:
    result = annotate(List[Tensor], [])
    for i in range(torch.len(gradients)):
      g = gradients[i]
      if torch.__isnot__(g, None):
        g0 = unchecked_cast(Tensor, g)
        _0 = torch.append(result, g0)
      else:
        _1 = torch.append(result, torch.zeros_like(xs[i]))
    return result
  def requires_grad(self: __torch__.Ops, x: Tensor) -> bool:
    return ops.prim.requires_grad(x)
  def place(self: __torch__.Ops, x: Tensor) -> Tensor:
    return (self).with_data(x, torch.empty([0], dtype=ops.prim.dtype(x), device=ops.prim.device(x)), )
  def with_data(self: __torch__.Ops, place: Tensor, data: Tensor) -> Tensor:
    x = torch._unsafe_view(place, torch.size(place))
    _0 = torch.set_data(x, data)
    return x
  def zero_leaf(self: __torch__.Ops, x: Tensor) -> Tensor:
    zero = torch.zeros([1], dtype=ops.prim.dtype(x), device=ops.prim.device(x))
    return torch.requires_grad_(torch.detach(torch.expand(zero, torch.size(x))))

  def linear(self: __torch__.Ops, x: Tensor, w: Tensor, b: List[Tensor], upcast: bool, apart: bool) -> Tensor:
    if torch.__and__(upcast, apart):
      r = (self).product_fp32(x, w, b, )
    elif upcast:
      r = torch.to((self).linear_in_dtype(torch.to(x, 6), torch.to(w, 6), (self).fp32(b, ), False, ), 15)
    else:
      r = (self).linear_in_dtype(x, w, b, apart, )
    return r
  def slice_rows(self: __torch__.Ops, w: Tensor, positions: int) -> int:
    n = torch.size(w, 0)
    wanted = ops.prim.max(1048576, torch.mul(positions, torch.size(w, 1)))
    count = torch.floordiv(torch.sub(torch.add(torch.numel(w), wanted), 1), wanted)
    return torch.floordiv(torch.sub(torch.add(n, count), 1), count)
  def product_fp32(self: __torch__.Ops, x: Tensor, w: Tensor, b: List[Tensor]) -> Tensor:
    h = torch.to(torch.reshape(x, [-1, torch.size(x, -1)]), 6)
    n = torch.size(w, 0)
    out = torch.empty([torch.size(h, 0), n], dtype=15, device=ops.prim.device(x))
    rows = (self).slice_rows(w, torch.size(h, 0), )
    for i in range(torch.floordiv(torch.sub(torch.add(n, rows), 1), rows)):
      start = torch.mul(i, rows)
      size = ops.prim.min(rows, torch.sub(n, start))
      bias = annotate(List[Tensor], [])
      for j in range(torch.len(b)):
        _0 = torch.append(bias, torch.to(torch.narrow(b[j], 0, start, size), 6))
      part = (self).linear_in_dtype(h, torch.to(torch.narrow(w, 0, start, size), 6), bias, True, )
      _1 = torch.copy_(torch.narrow(out, 1, start, size), part)
    shape = torch.slice(torch.size(x), 0, -1, 1)
    _2 = torch.append(shape, n)
    return torch.view(out, shape)
  def fp32(self: __torch__.Ops, xs: List[Tensor]) -> List[Tensor]:
    result = annotate(List[Tensor], [])
    for i in range(torch.len(xs)):
      _0 = torch.append(result, torch.to(xs[i], 6))
    return result
  def linear_in_dtype(self: __torch__.Ops, x: Tensor, w: Tensor, b: List[Tensor], apart: bool) -> Tensor:
    if torch.gt(torch.len(b), 0):
      bias = annotate(Optional[Tensor], b[0])
    else:
      bias = annotate(Optional[Tensor], None)
    few = torch.__and__(torch.eq(ops.prim.dtype(x), 15), torch.lt(torch.numel(x), torch.mul(16, torch.size(x, -1))))
    faster = torch.__and__(ops.prim.is_cpu(x), torch.__or__(torch.eq(ops.prim.dtype(x), 6), few))
    if torch.__and__(apart, faster):
      r = ops.mkldnn._linear_pointwise(x, w, bias, "none", annotate(List[Optional[number]], []), "")
    else:
      r = torch.linear(x, w, bias)
    return r
  def product_back(self: __torch__.Ops, g: Tensor, w: Tensor, upcast: bool) -> Tensor:
    if upcast:
      r = (self).product_back_fp32(g, w, )
    else:
      r = (self).plain(g, torch.t(w), )
    return r
  def product_back_fp32(self: __torch__.Ops, g: Tensor, w: Tensor) -> Tensor:
    n = torch.size(w, 0)
    total = annotate(List[Tensor], [])
    rows = (self).slice_rows(w, torch.floordiv(torch.numel(g), n), )
    for i in range(torch.floordiv(torch.sub(torch.add(n, rows), 1), rows)):
      start = torch.mul(i, rows)
      size = ops.prim.min(rows, torch.sub(n, start))
      some = torch.to(torch.narrow(w, 0, start, size), 6)
      part = (self).plain(torch.to(torch.narrow(g, -1, start, size), 6), torch.t(some), )
      if torch.eq(i, 0):
        _0 = torch.append(total, part)
      else:
        _1 = torch.add_(total[0], part)
    return torch.to(total[0], 15)
  def product_weight(self: __torch__.Ops, g: Tensor, x: Tensor, upcast: bool) -> Tensor:
    g2 = torch.reshape(g, [-1, torch.size(g, -1)])
    x2 = torch.reshape(x, [-1, torch.size(x, -1)])
    return (self).product_back(torch.t(g2), x2, upcast, )

  def rms_norm(self: __torch__.Ops, x: Tensor, w: Tensor, eps: float) -> Tensor:
    r, y, = (self).rms_normed(x, eps, )
    return torch.mul(torch.to(y, ops.prim.dtype(x)), w)
  def rms_normed(self: __torch__.Ops, x: Tensor, eps: float) -> Tuple[Tensor, Tensor]:
    h = torch.to(x, 6)
    n = torch.linalg_vector_norm(h, 2, [-1], True)
    r = torch.rsqrt(torch.add(torch.div(torch.mul(n, n), torch.size(h, -1)), eps))
    return (r, torch.mul(h, r))
  def rms_norm_back(self: __torch__.Ops, g: Tensor, x: Tensor, w: Tensor, eps: float) -> Tensor:
    r, y, = (self).rms_normed(x, eps, )
    u = torch.to(torch.mul(g, w), 6)
    shares = torch.div_(torch.sum(torch.mul(u, y), [-1], True), torch.neg(torch.size(x, -1)))
    return torch.to(torch.mul_(torch.addcmul(u, y, shares), r), ops.prim.dtype(x))
  def rms_norm_weight(self: __torch__.Ops, g: Tensor, x: Tensor, eps: float) -> Tensor:
    r, y, = (self).rms_normed(x, eps, )
    return torch.sum(torch.reshape(torch.mul(y, g), [-1, torch.size(x, -1)]), [0])
  def layer_norm(self: __torch__.Ops, x: Tensor, w: Tensor, b: Tensor, eps: float) -> Tensor:
    return torch.layer_norm(x, [torch.size(x, -1)], w, b, eps)

  def gelu(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.gelu(x)
  def gelu_tanh(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.gelu(x, approximate="tanh")
  def quick_gelu(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.mul(x, torch.sigmoid(torch.mul(x, 1.702)))
  def swiglu(self: __torch__.Ops, gate: Tensor, up: Tensor) -> Tensor:
    return torch.mul(torch.silu(gate), up)

  def add(self: __torch__.Ops, x: Tensor, y: Tensor) -> Tensor:
    return torch.add(x, y)
  def add_scaled(self: __torch__.Ops, x: Tensor, y: Tensor, scale: float) -> Tensor:
    return torch.add(x, torch.mul(y, scale))
  def subtract(self: __torch__.Ops, x: Tensor, y: Tensor) -> Tensor:
    return torch.sub(x, y)
  def dropout(self: __torch__.Ops, x: Tensor, p: float, seed: int) -> Tensor:
    generator = torch.Generator(device=ops.prim.device(x))
    _0 = torch.manual_seed(generator, seed)
    kept = torch.bernoulli_(torch.empty_like(x, dtype=11), torch.sub(1., p), generator=generator)
    return torch.mul(torch.mul(x, kept), torch.div(1., torch.sub(1., p)))
  def lora_weight(self: __torch__.Ops, w: Tensor, a: Tensor, b: Tensor, scale: float) -> Tensor:
    update = torch.matmul(torch.to(torch.detach(b), 6), torch.to(torch.detach(a), 6))
    return torch.add(torch.to(torch.detach(w), 6), torch.mul(update, scale))
  def row_norms(self: __torch__.Ops, w: Tensor) -> Tensor:
    return torch.linalg_vector_norm(torch.to(w, 6), 2, [1])
  def lora_row_norms(self: __torch__.Ops, w: Tensor, a: Tensor, b: Tensor, scale: float) -> Tensor:
    n = torch.size(w, 0)
    parts = annotate(List[Tensor], [])
    for i in range(torch.floordiv(torch.add(n, 255), 256)):
      start = torch.mul(i, 256)
      size = ops.prim.min(256, torch.sub(n, start))
      rows = (self).lora_weight(torch.narrow(w, 0, start, size), a, torch.narrow(b, 0, start, size), scale, )
      _0 = torch.append(parts, (self).row_norms(rows, ))
    return torch.cat(parts, 0)
  def with_row_norms(self: __torch__.Ops, w: Tensor, norms: Tensor) -> Tensor:
    return torch.mul(torch.unsqueeze(torch.div(norms, (self).row_norms(w, )), 1), w)
  def dora(self: __torch__.Ops, result: Tensor, base: Tensor, update: Tensor, scale: float, magnitude: Tensor, norms: Tensor) -> Tensor:
    dtype = ops.prim.dtype(result)
    g = torch.div(magnitude, norms)
    x = torch.add(result, torch.mul(base, torch.to(torch.sub(g, 1.), dtype)))
    return torch.add(x, torch.mul(update, torch.to(torch.mul(g, scale), dtype)))
  def view(self: __torch__.Ops, x: Tensor, shape: List[int]) -> Tensor:
    return torch.reshape(x, shape)
  def rows(self: __torch__.Ops, x: Tensor, index: Tensor) -> Tensor:
    return torch.index_select(x, 0, index)
  def put_rows(self: __torch__.Ops, x: Tensor, index: Tensor, rows: Tensor) -> Tensor:
    return torch.index_copy(x, 0, index, rows)
  def add_rows(self: __torch__.Ops, x: Tensor, index: Tensor, rows: Tensor) -> Tensor:
    return torch.index_add_(x, 0, index, torch.to(rows, ops.prim.dtype(x)))
  def narrow(self: __torch__.Ops, x: Tensor, dim: int, start: int, length: int) -> Tensor:
    return torch.narrow(x, dim, start, length)
  def concat(self: __torch__.Ops, xs: List[Tensor], dim: int) -> Tensor:
    return torch.cat(xs, dim)

  def argmax(self: __torch__.Ops, x: Tensor) -> Tensor:
    best = torch.argmax(x, -1)
    return torch.where(torch.isnan(torch.amax(x, [-1])), torch.full_like(best, -1), best)

  def patches(self: __torch__.Ops, pixels: Tensor, patch: int) -> Tensor:
    n = torch.size(pixels, 0)
    rows = torch.floordiv(torch.size(pixels, 2), patch)
    columns = torch.floordiv(torch.size(pixels, 3), patch)
    x = torch.reshape(torch.narrow(torch.narrow(pixels, 2, 0, torch.mul(rows, patch)), 3, 0, torch.mul(columns, patch)), [n, 3, rows, patch, columns, patch])
    return torch.reshape(torch.permute(x, [0, 2, 4, 1, 3, 5]), [n, torch.mul(rows, columns), -1])
  def prepend(self: __torch__.Ops, token: Tensor, x: Tensor) -> Tensor:
    n = torch.size(x, 0)
    return torch.cat([torch.to(torch.expand(torch.reshape(token, [1, 1, -1]), [n, 1, -1]), ops.prim.dtype(x)), x], 1)

  def turned(self: __torch__.Ops, x: Tensor, turn: Tensor) -> Tensor:
    n = torch.size(x, 0)
    heads = torch.size(x, 1)
    halves = torch.unbind(torch.reshape(torch.to(x, 6), [n, heads, 2, -1]), 2)
    y = torch.mul(torch.complex(halves[0], halves[1]), turn)
    return torch.to(torch.reshape(torch.view_as_real(y), [n, heads, -1]), ops.prim.dtype(x))
  def rotary(self: __torch__.Ops, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return (self).turned(x, torch.complex(cos, sin), )
  def rotary_back(self: __torch__.Ops, g: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    n = torch.size(g, 0)
    heads = torch.size(g, 1)
    pairs = torch.view_as_complex(torch.reshape(torch.to(g, 6), [n, heads, -1, 2]))
    y = torch.view_as_real(torch.mul(pairs, torch.complex(cos, torch.neg(sin))))
    return torch.to(torch.reshape(torch.transpose(y, 2, 3), [n, heads, -1]), ops.prim.dtype(g))

  def window_mask(self: __torch__.Ops, x: Tensor, queries: int, keys: int, window: int) -> Tensor:
    i = torch.unsqueeze(torch.arange(torch.sub(keys, queries), keys, dtype=4, device=ops.prim.device(x)), 1)
    j = torch.unsqueeze(torch.arange(0, keys, dtype=4, device=ops.prim.device(x)), 0)
    return torch.__and__(torch.le(j, i), torch.gt(j, torch.sub(i, window)))
  def grouped(self: __torch__.Ops, k: Tensor, groups: int) -> Tensor:
    return torch.expand(torch.unsqueeze(torch.transpose(k, 0, 1), 1), [-1, groups, -1, -1])
  def attend(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    n = torch.size(q, 0)
    total = torch.size(k, 0)
    groups = torch.floordiv(torch.size(q, 1), torch.size(k, 1))
    q1 = torch.permute(torch.reshape(q, [n, -1, groups, torch.size(q, 2)]), [1, 2, 0, 3])
    k1 = (self).grouped(k, groups, )
    v1 = (self).grouped(v, groups, )
    if torch.__and__(torch.eq(n, total), torch.le(n, window)):
      a = torch.scaled_dot_product_attention(q1, k1, v1, None, 0., True)
    else:
      mask = (self).window_mask(q, n, total, window, )
      a = torch.scaled_dot_product_attention(q1, k1, v1, mask, 0., False)
    return torch.reshape(torch.permute(a, [2, 0, 1, 3]), [n, -1])
  def attention(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor, lengths: List[int], window: int) -> Tensor:
    qs = torch.split_with_sizes(q, lengths)
    ks = torch.split_with_sizes(k, lengths)
    vs = torch.split_with_sizes(v, lengths)
    parts = annotate(List[Tensor], [])
    for i in range(torch.len(lengths)):
      _0 = torch.append(parts, (self).attend(qs[i], ks[i], vs[i], window, ))
    return torch.cat(parts, 0)
  def full_attention(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor, heads: int) -> Tensor:
    n = torch.size(q, 0)
    t = torch.size(q, 1)
    q1 = torch.transpose(torch.reshape(q, [n, t, heads, -1]), 1, 2)
    k1 = torch.transpose(torch.reshape(k, [n, t, heads, -1]), 1, 2)
    v1 = torch.transpose(torch.reshape(v, [n, t, heads, -1]), 1, 2)
    a = torch.scaled_dot_product_attention(q1, k1, v1, None, 0., False)
    return torch.reshape(torch.transpose(a, 1, 2), [n, t, -1])
  def attend_prompt(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    if torch.__and__(ops.prim.is_cpu(q), torch.ge(torch.size(q, 0), 128)):
      a = (self).attend_blocks(q, k, v, window, )
    else:
      a = (self).attend(q, k, v, window, )
    return a
  def attend_cached(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor, keys: Tensor, values: Tensor, past: int, window: int) -> Tensor:
    n = torch.size(q, 0)
    total = torch.add(past, n)
    _0 = torch.copy_(torch.narrow(keys, 0, past, n), k)
    _1 = torch.copy_(torch.narrow(values, 0, past, n), v)
    if torch.eq(n, 1):
      start = ops.prim.max(0, torch.sub(total, window))
      length = torch.sub(total, start)
      qs = torch.reshape(q, [1, torch.size(k, 1), -1, torch.size(q, 2)])
      ks = torch.unsqueeze(torch.transpose(torch.narrow(keys, 0, start, length), 0, 1), 0)
      vs = torch.unsqueeze(torch.transpose(torch.narrow(values, 0, start, length), 0, 1), 0)
      one = torch.scaled_dot_product_attention(qs, ks, vs, None, 0., False)
      a = torch.reshape(one, [1, -1])
    else:
      a = (self).attend_prompt(q, torch.narrow(keys, 0, 0, total), torch.narrow(values, 0, 0, total), window, )
    return a
  def by_head(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.contiguous(torch.transpose(torch.to(x, 6), 0, 1))
  def by_group(self: __torch__.Ops, x: Tensor, groups: int) -> Tensor:
    n = torch.size(x, 0)
    parts = torch.reshape(torch.to(x, 6), [n, groups, -1, torch.size(x, 2)])
    return torch.contiguous(torch.permute(parts, [1, 2, 0, 3]))
  def from_groups(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.reshape(torch.permute(x, [2, 0, 1, 3]), [torch.size(x, 2), -1])
  def block_size(self: __torch__.Ops, n: int, of_group: int) -> int:
    size = ops.prim.max(128, torch.floordiv(256, of_group))
    count = ops.prim.max(1, torch.floordiv(torch.add(n, torch.floordiv(size, 2)), size))
    return torch.floordiv(torch.sub(torch.add(n, count), 1), count)
  def block_rows(self: __torch__.Ops, x: Tensor, h: int, start: int, size: int) -> Tensor:
    return torch.reshape(torch.narrow(torch.select(x, 0, h), -2, start, size), [-1, torch.size(x, -1)])
  def block_mask(self: __torch__.Ops, x: Tensor, b: int, upto: int, window: int) -> Tensor:
    if torch.le(upto, window):
      mask = torch.triu(torch.full([b, b], -inf, dtype=6), 1)
    else:
      unseen = torch.logical_not((self).window_mask(x, b, upto, window, ))
      mask = torch.masked_fill_(torch.zeros([b, upto], dtype=6), unseen, -inf)
    return mask
  def shares(self: __torch__.Ops, rows: Tensor, keys: Tensor, mask: Tensor) -> Tensor:
    upto = torch.size(keys, 0)
    b = torch.size(mask, 0)
    scores = (self).plain(rows, keys, )
    masked = torch.size(mask, 1)
    _0 = torch.add_(torch.narrow(torch.view(scores, [-1, b, upto]), 2, torch.sub(upto, masked), masked), mask)
    return torch.softmax(scores, -1)
  def attend_blocks(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    n = torch.size(q, 0)
    d = torch.size(q, 2)
    groups = torch.size(k, 1)
    of_group = torch.floordiv(torch.size(q, 1), groups)
    past = torch.sub(torch.size(k, 0), n)
    qs = (self).by_group(torch.div(torch.to(q, 6), torch.pow(d, 0.5)), groups, )
    ks = torch.unbind((self).by_head(k, ))
    vs = torch.unbind((self).by_head(v, ))
    out = torch.empty([n, groups, of_group, d], dtype=ops.prim.dtype(q))
    size = (self).block_size(n, of_group, )
    for i in range(torch.floordiv(torch.sub(torch.add(n, size), 1), size)):
      at = torch.mul(i, size)
      b = ops.prim.min(size, torch.sub(n, at))
      upto = torch.add(torch.add(past, at), b)
      mask = (self).block_mask(q, b, upto, window, )
      rows = torch.unbind(torch.reshape(torch.narrow(qs, 2, at, b), [groups, -1, d]))
      parts = torch.unbind(torch.narrow(out, 0, at, b), 1)
      for h in range(groups):
        shares = (self).shares(rows[h], torch.narrow(ks[h], 0, 0, upto), mask, )
        part = (self).plain(shares, torch.t(torch.narrow(vs[h], 0, 0, upto)), )
        _0 = torch.copy_(parts[h], torch.transpose(torch.view(part, [of_group, b, d]), 0, 1))
    return torch.reshape(out, [n, -1])
  def attend_blocks_back(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor, g: Tensor, window: int) -> List[Tensor]:
    n = torch.size(q, 0)
    d = torch.size(q, 2)
    dtype = ops.prim.dtype(q)
    groups = torch.size(k, 1)
    of_group = torch.floordiv(torch.size(q, 1), groups)
    root = torch.pow(d, 0.5)
    qs = (self).by_group(torch.div(torch.to(q, 6), root), groups, )
    ks = (self).by_head(k, )
    vs = (self).by_head(v, )
    gs = (self).by_group(torch.reshape(g, torch.size(q)), groups, )
    small_q = torch.to(qs, dtype)
    small_k = torch.to(ks, dtype)
    small_g = torch.to(gs, dtype)
    dq = torch.empty_like(qs)
    dk = torch.zeros_like(ks)
    dv = torch.zeros_like(vs)
    size = (self).block_size(n, of_group, )
    for i in range(torch.floordiv(torch.sub(torch.add(n, size), 1), size)):
      at = torch.mul(i, size)
      b = ops.prim.min(size, torch.sub(n, at))
      upto = torch.add(at, b)
      mask = (self).block_mask(q, b, upto, window, )
      for h in range(groups):
        shares = (self).shares((self).block_rows(qs, h, at, b, ), (self).block_rows(ks, h, 0, upto, ), mask, )
        of_shares = (self).plain((self).block_rows(gs, h, at, b, ), (self).block_rows(vs, h, 0, upto, ), )
        scores = torch.to(torch._softmax_backward_data(of_shares, shares, -1, 6), dtype)
        values = (self).plain(torch.t(torch.to(shares, dtype)), torch.t((self).block_rows(small_g, h, at, b, )), )
        queries = (self).plain(scores, torch.t((self).block_rows(small_k, h, 0, upto, )), )
        keys = (self).plain(torch.t(scores), torch.t((self).block_rows(small_q, h, at, b, )), )
        _0 = torch.add_(torch.narrow(torch.select(dv, 0, h), 0, 0, upto), values)
        _1 = torch.copy_(torch.narrow(torch.select(dq, 0, h), 1, at, b), torch.view(queries, [of_group, b, d]))
        _2 = torch.add_(torch.narrow(torch.select(dk, 0, h), 0, 0, upto), keys)
    of_q = torch.reshape((self).from_groups(torch.div_(dq, root), ), torch.size(q))
    return [torch.to(of_q, dtype), torch.to(torch.transpose(dk, 0, 1), dtype), torch.to(torch.transpose(dv, 0, 1), dtype)]
  def packed_attention(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor, cos: Tensor, sin: Tensor, lengths: List[int], window: int) -> Tensor:
    qs = torch.split_with_sizes((self).rotary(q, cos, sin, ), lengths)
    ks = torch.split_with_sizes((self).rotary(k, cos, sin, ), lengths)
    vs = torch.split_with_sizes(v, lengths)
    parts = annotate(List[Tensor], [])
    for i in range(torch.len(lengths)):
      _0 = torch.append(parts, (self).attend_prompt(qs[i], ks[i], vs[i], window, ))
    return torch.cat(parts, 0)
  def packed_attention_back(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor, cos: Tensor, sin: Tensor, g: Tensor, lengths: List[int], window: int) -> List[Tensor]:
    qs = torch.split_with_sizes((self).rotary(q, cos, sin, ), lengths)
    ks = torch.split_with_sizes((self).rotary(k, cos, sin, ), lengths)
    vs = torch.split_with_sizes(v, lengths)
    gs = torch.split_with_sizes(g, lengths)
    dq = annotate(List[Tensor], [])
    dk = annotate(List[Tensor], [])
    dv = annotate(List[Tensor], [])
    for i in range(torch.len(lengths)):
      back = (self).attend_blocks_back(qs[i], ks[i], vs[i], gs[i], window, )
      _0 = torch.append(dq, back[0])
      _1 = torch.append(dk, back[1])
      _2 = torch.append(dv, back[2])
    return [(self).rotary_back(torch.cat(dq, 0), cos, sin, ), (self).rotary_back(torch.cat(dk, 0), cos, sin, ), torch.cat(dv, 0)]
  def cached_attention(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor, keys: List[Tensor], values: List[Tensor], pasts: List[int], lengths: List[int], window: int) -> Tensor:
    if torch.eq(torch.len(lengths), 1):
      a = (self).attend_cached(q, k, v, keys[0], values[0], pasts[0], window, )
    else:
      qs = torch.split_with_sizes(q, lengths)
      ks = torch.split_with_sizes(k, lengths)
      vs = torch.split_with_sizes(v, lengths)
      parts = annotate(List[Tensor], [])
      for i in range(torch.len(lengths)):
        _0 = torch.append(parts, (self).attend_cached(qs[i], ks[i], vs[i], keys[i], values[i], pasts[i], window, ))
      a = torch.cat(parts, 0)
    return a
  def plain(self: __torch__.Ops, x: Tensor, w: Tensor) -> Tensor:
    return (self).linear_in_dtype(x, w, annotate(List[Tensor], []), True, )
  def product(self: __torch__.Ops, x: Tensor, w: Tensor, b: List[Tensor], upcast: bool, gemv: bool) -> Tensor:
    if torch.__and__(gemv, torch.__and__(torch.eq(ops.prim.dtype(x), 6), torch.eq(torch.size(x, 0), 1))):
      row = torch.select(x, 0, 0)
      if torch.gt(torch.len(b), 0):
        y = torch.addmv(b[0], w, row)
      else:
        y = torch.mv(w, row)
      r = torch.unsqueeze(y, 0)
    else:
      r = (self).linear(x, w, b, upcast, True, )
    return r
  def block(self: __torch__.Ops, x: Tensor, rows: int, w: Tensor, b: Tensor, upcast: bool, gemv: bool) -> Tensor:
    weight = torch.as_strided(w, [rows, torch.size(w, 1)], [torch.size(w, 1), 1])
    bias = annotate(List[Tensor], [])
    if torch.eq(torch.dim(b), 1):
      _0 = torch.append(bias, torch.as_strided(b, [rows], [1]))
    return (self).product(x, weight, bias, upcast, gemv, )
  def decode(self: __torch__.Ops, x: Tensor, outer: List[Tensor], layers: List[Tensor], keys: List[Tensor], values: List[Tensor], pasts: List[int], lengths: List[int], last: Tensor, cos: Tensor, sin: Tensor, window: int, eps: float, upcast: bool, upcast_last: bool, gemv: bool) -> Tensor:
    none = annotate(List[Tensor], [])
    t = torch.size(x, 0)
    n = torch.len(pasts)
    d = torch.size(keys[0], 2)
    groups = torch.size(keys[0], 1)
    heads = torch.floordiv(torch.size(layers[1], 0), d)
    turning = torch.add(heads, groups)
    all = torch.add(turning, groups)
    wide = torch.size(layers[5], 0)
    turn = torch.complex(cos, sin)
    depth = torch.floordiv(torch.len(layers), 7)
    y = x
    for i in range(depth):
      l = torch.slice(layers, torch.mul(i, 7), torch.mul(torch.add(i, 1), 7), 1)
      h = (self).rms_norm(y, l[0], eps, )
      qkv = torch.reshape((self).block(h, torch.mul(all, d), l[1], l[2], upcast, gemv, ), [t, all, d])
      qk = (self).turned(torch.narrow(qkv, 1, 0, turning), turn, )
      q = torch.narrow(qk, 1, 0, heads)
      k = torch.narrow(qk, 1, heads, groups)
      v = torch.narrow(qkv, 1, turning, groups)
      at = torch.mul(i, n)
      upto = torch.add(at, n)
      a = (self).cached_attention(q, k, v, torch.slice(keys, at, upto, 1), torch.slice(values, at, upto, 1), pasts, lengths, window, )
      if torch.eq(torch.add(i, 1), depth):
        a1 = torch.index_select(a, 0, last)
        y1 = torch.index_select(y, 0, last)
      else:
        a1 = a
        y1 = y
      y2 = torch.add(y1, (self).product(a1, l[3], none, upcast, gemv, ))
      h1 = (self).rms_norm(y2, l[4], eps, )
      both = (self).block(h1, torch.mul(2, wide), l[5], l[5], upcast, gemv, )
      gated = (self).swiglu(torch.narrow(both, 1, 0, wide), torch.narrow(both, 1, wide, wide), )
      y = torch.add(y2, (self).product(gated, l[6], none, upcast, gemv, ))
    h2 = (self).rms_norm(y, outer[0], eps, )
    return torch.to((self).product(h2, outer[1], none, upcast_last, gemv, ), 6)

  def add_outer(self: __torch__.Ops, total: Tensor, g: Tensor, x: Tensor) -> Tensor:
    n = torch.size(total, 0)
    for i in range(torch.floordiv(torch.add(n, 4095), 4096)):
      start = torch.mul(i, 4096)
      size = ops.prim.min(4096, torch.sub(n, start))
      part = (self).plain(torch.t(torch.narrow(g, 1, start, size)), torch.t(x), )
      _0 = torch.add_(torch.narrow(total, 0, start, size), part)
    return total
  def cross_entropy(self: __torch__.Ops, h: Tensor, w: Tensor, targets: Tensor, chunk: int, scale: float, dw: List[Tensor], upcast: bool) -> List[Tensor]:
    total = torch.zeros([1], dtype=6, device=ops.prim.device(h))
    parts = annotate(List[Tensor], [])
    n = torch.size(h, 0)
    for i in range(torch.floordiv(torch.sub(torch.add(n, chunk), 1), chunk)):
      start = torch.mul(i, chunk)
      size = ops.prim.min(chunk, torch.sub(n, start))
      rows = torch.narrow(h, 0, start, size)
      wanted = torch.unsqueeze(torch.narrow(targets, 0, start, size), 1)
      logits = torch.to((self).linear(rows, w, annotate(List[Tensor], []), upcast, True, ), 6)
      chosen = torch.gather(logits, 1, wanted)
      largest = torch.amax(logits, [1], True)
      shares = torch.exp_(torch.sub_(logits, largest))
      sums = torch.sum(shares, [1], True)
      loss = torch.sum(torch.sub(torch.add(torch.log(sums), largest), chosen))
      total = torch.add(total, loss)
      _0 = torch.mul_(shares, torch.div(scale, sums))
      _1 = torch.scatter_add_(shares, 1, wanted, torch.full_like(sums, torch.neg(scale)))
      g = torch.to(shares, ops.prim.dtype(h))
      _2 = torch.append(parts, (self).product_back(g, w, upcast, ))
      if torch.gt(torch.len(dw), 0):
        _3 = (self).add_outer(dw[0], torch.to(g, 6), torch.to(rows, 6), )
      else:
        pass
    return [total, torch.cat(parts, 0)]

  def nf4_quantise(self: __torch__.Ops, w: Tensor, block: int, bounds: Tensor, packed: Tensor, absmax: Tensor) -> Tensor:
    n = torch.size(w, 0)
    chunk = torch.mul(4096, block)
    for i in range(torch.floordiv(torch.sub(torch.add(n, chunk), 1), chunk)):
      start = torch.mul(i, chunk)
      size = ops.prim.min(chunk, torch.sub(n, start))
      rest = torch.remainder(size, block)
      at = torch.floordiv(start, block)
      x = torch.to(torch.narrow(w, 0, start, size), 6)
      full = torch.reshape(torch.narrow(x, 0, 0, torch.sub(size, rest)), [-1, block])
      m = torch.amax(torch.abs(full), [1], True)
      _0 = torch.copy_(torch.narrow(absmax, 0, at, torch.size(m, 0)), torch.reshape(m, [-1]))
      scaled = torch.reshape(torch.clamp(torch.mul(full, torch.reciprocal(torch.clamp(m, 1e-38))), -1, 1), [-1])
      if torch.gt(rest, 0):
        last = torch.narrow(x, 0, torch.sub(size, rest), rest)
        top = torch.clamp(torch.amax(torch.abs(last), [0], True), 1e-38)
        _1 = torch.copy_(torch.narrow(absmax, 0, torch.add(at, torch.size(m, 0)), 1), top)
        all = torch.cat([scaled, torch.clamp(torch.div(last, top), -1, 1)])
      else:
        all = scaled
      padded = torch.constant_pad_nd(all, [0, torch.remainder(size, 2)])
      q = torch.reshape(torch.to(torch.bucketize(padded, bounds, out_int32=True), 0), [-1, 2])
      bytes = torch.bitwise_or(torch.mul(torch.select(q, 1, 0), 16), torch.select(q, 1, 1))
      _2 = torch.copy_(torch.narrow(packed, 0, torch.floordiv(start, 2), torch.size(q, 0)), bytes)
    return packed
  def nf4_dequantise(self: __torch__.Ops, packed: Tensor, absmax: Tensor, block: int, pairs: Tensor, out: Tensor, dtype: int) -> Tensor:
    flat = torch.view(out, [-1])
    table = torch.view_as_complex(pairs)
    n = torch.size(flat, 0)
    chunk = torch.mul(4096, block)
    for i in range(torch.floordiv(torch.sub(torch.add(n, chunk), 1), chunk)):
      start = torch.mul(i, chunk)
      size = ops.prim.min(chunk, torch.sub(n, start))
      rest = torch.remainder(size, block)
      whole = torch.sub(size, rest)
      at = torch.floordiv(start, block)
      blocks = torch.floordiv(size, block)
      bytes = torch.narrow(packed, 0, torch.floordiv(start, 2), torch.floordiv(torch.add(size, 1), 2))
      x = torch.reshape(torch.view_as_real(torch.index_select(table, 0, torch.to(bytes, 3))), [-1])
      full = torch.reshape(torch.narrow(x, 0, 0, whole), [blocks, block])
      scaled = torch.mul(full, torch.unsqueeze(torch.narrow(absmax, 0, at, blocks), 1))
      _0 = torch.copy_(torch.view(torch.narrow(flat, 0, start, whole), [blocks, block]), torch.to(scaled, dtype))
      if torch.gt(rest, 0):
        last = torch.mul(torch.narrow(x, 0, whole, rest), torch.narrow(absmax, 0, torch.add(at, blocks), 1))
        _1 = torch.copy_(torch.narrow(flat, 0, torch.add(start, whole), rest), torch.to(last, dtype))
      else:
        pass
    return out
  def absmax_quantise(self: __torch__.Ops, absmax: Tensor, block: int, table: Tensor) -> List[Tensor]:
    n = torch.size(absmax, 0)
    offset = torch.mean(absmax)
    blocks = torch.floordiv(torch.sub(torch.add(n, block), 1), block)
    x = torch.constant_pad_nd(torch.sub(absmax, offset), [0, torch.sub(torch.mul(blocks, block), n)])
    rows = torch.reshape(x, [blocks, block])
    m = torch.amax(torch.abs(rows), [1], True)
    scaled = torch.clamp(torch.mul(rows, torch.reciprocal(m)), -1, 1)
    place = torch.to(torch.add(torch.mul(torch.add(scaled, 1.), 32767.5), 0.5), 3)
    chosen = torch.index_select(table, 0, torch.reshape(torch.clamp(place, 0, 65535), [-1]))
    q = torch.where(torch.eq(m, 0.), torch.zeros_like(rows, dtype=0), torch.reshape(chosen, [blocks, block]))
    return [torch.clone(torch.narrow(torch.reshape(q, [-1]), 0, 0, n)), torch.reshape(m, [-1]), torch.reshape(offset, [1])]
  def absmax_dequantise(self: __torch__.Ops, q: Tensor, nested: Tensor, block: int, code: Tensor, offset: Tensor) -> Tensor:
    n = torch.size(q, 0)
    blocks = torch.size(nested, 0)
    x = torch.constant_pad_nd(torch.index_select(code, 0, torch.to(q, 3)), [0, torch.sub(torch.mul(blocks, block), n)])
    scaled = torch.mul(torch.reshape(x, [blocks, block]), torch.unsqueeze(nested, 1))
    return torch.add(torch.narrow(torch.reshape(scaled, [-1]), 0, 0, n), offset)
  def int8_quantise(self: __torch__.Ops, w: Tensor, q: Tensor, absmax: Tensor) -> Tensor:
    x = torch.to(w, 6)
    m = torch.amax(torch.abs(x), [1], True)
    scaled = torch.mul(x, torch.mul(torch.reciprocal(m), 127.))
    zero = torch.zeros_like(x)
    _0 = torch.copy_(q, torch.where(torch.eq(m, 0.), zero, torch.round(scaled)))
    _1 = torch.copy_(absmax, torch.reshape(m, [-1]))
    return q
  def int8_dequantise(self: __torch__.Ops, q: Tensor, absmax: Tensor, out: Tensor, dtype: int) -> Tensor:
    n = torch.size(q, 0)
    scale = torch.unsqueeze(absmax, 1)
    for i in range(torch.floordiv(torch.add(n, 63), 64)):
      start = torch.mul(i, 64)
      size = ops.prim.min(64, torch.sub(n, start))
      x = torch.mul(torch.narrow(q, 0, start, size), torch.narrow(scale, 0, start, size))
      _0 = torch.copy_(torch.narrow(out, 0, start, size), torch.to(torch.mul(x, 0.007874015718698502), dtype))
    return out

  def accumulate(self: __torch__.Ops, total: Tensor, g: Tensor) -> Tensor:
    return torch.add_(total, torch.to(g, 6))
  def norm(self: __torch__.Ops, xs: List[Tensor]) -> Tensor:
    norms = annotate(List[Tensor], [])
    for i in range(torch.len(xs)):
      _0 = torch.append(norms, torch.norm(xs[i]))
    return torch.norm(torch.stack(norms))
  def adamw(self: __torch__.Ops, p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], step: Tensor, divisor: float, lr: float, beta1: float, beta2: float, wd: float, eps: float) -> Tensor:
    steps = annotate(List[Tensor], [])
    for i in range(torch.len(p)):
      _0 = torch.append(steps, step)
    scale = torch.full([1], divisor, dtype=6, device=ops.prim.device(p[0]))
    torch._fused_adamw_(p, g, m, v, annotate(List[Tensor], []), steps, lr=lr, beta1=beta1, beta2=beta2, weight_decay=wd, eps=eps, amsgrad=False, maximize=False, grad_scale=scale)
    return p[0]

  def blocks(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.reshape(torch.constant_pad_nd(x, [0, torch.remainder(torch.neg(torch.numel(x)), 256)]), [-1, 256])
  def from_8bit(self: __torch__.Ops, codes: Tensor, scales: Tensor, levels: Tensor) -> Tensor:
    x = (self).blocks(torch.index_select(levels, 0, torch.to(codes, 3)), )
    return torch.narrow(torch.reshape(torch.mul_(x, torch.unsqueeze(scales, 1)), [-1]), 0, 0, torch.numel(codes))
  def to_8bit(self: __torch__.Ops, x: Tensor, codes: Tensor, scales: Tensor, bounds: Tensor, lowest: Tensor) -> Tensor:
    blocks = (self).blocks(x, )
    largest = torch.amax(torch.abs(blocks), [1])
    scaled = torch.div(blocks, torch.unsqueeze(torch.where(torch.eq(largest, 0), torch.ones_like(largest), largest), 1))
    y = torch.narrow(torch.reshape(scaled, [-1]), 0, 0, torch.numel(x))
    low = torch.index_select(lowest, 0, torch.__and__(torch.__rshift__(torch.view_copy(y, 3), 16), 65535))
    _0 = torch.copy_(codes, torch.add(low, torch.gt(y, torch.index_select(bounds, 0, low))))
    _1 = torch.copy_(scales, largest)
    return y
  def adamw_8bit(self: __torch__.Ops, p: Tensor, g: Tensor, codes: List[Tensor], scales: List[Tensor], signed: List[Tensor], unsigned: List[Tensor], correction1: float, correction2: float, divisor: float, lr: float, beta1: float, beta2: float, wd: float, eps: float) -> Tensor:
    n = torch.numel(p)
    chunk = 1048576
    for i in range(torch.floordiv(torch.sub(torch.add(n, chunk), 1), chunk)):
      start = torch.mul(i, chunk)
      size = ops.prim.min(chunk, torch.sub(n, start))
      block = torch.floordiv(start, 256)
      blocks = torch.floordiv(torch.add(size, 255), 256)
      w = torch.narrow(torch.view(p, [-1]), 0, start, size)
      d = torch.div(torch.narrow(torch.view(g, [-1]), 0, start, size), divisor)
      m_codes = torch.narrow(torch.view(codes[0], [-1]), 0, start, size)
      v_codes = torch.narrow(torch.view(codes[1], [-1]), 0, start, size)
      m_scales = torch.narrow(scales[0], 0, block, blocks)
      v_scales = torch.narrow(scales[1], 0, block, blocks)
      m = torch.add_(torch.mul_((self).from_8bit(m_codes, m_scales, signed[0], ), beta1), d, alpha=torch.sub(1., beta1))
      v = torch.addcmul_(torch.mul_((self).from_8bit(v_codes, v_scales, unsigned[0], ), beta2), d, d, value=torch.sub(1., beta2))
      root = torch.add_(torch.div_(torch.sqrt(v), torch.pow(correction2, 0.5)), eps)
      _0 = torch.addcdiv_(torch.mul_(w, torch.sub(1., torch.mul(lr, wd))), m, root, value=torch.neg(torch.div(lr, correction1)))
      _1 = (self).to_8bit(m, m_codes, m_scales, signed[1], signed[2], )
      shares = (self).to_8bit(v, v_codes, v_scales, unsigned[1], unsigned[2], )
      _2 = torch.copy_(v_codes, torch.maximum(v_codes, torch.to(torch.gt(shares, 0), 0)))
    return p

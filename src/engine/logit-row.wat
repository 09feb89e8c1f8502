;; Passes over one row of float32 logits, four at a time, in groups of 16. The row starts at byte 64 and is padded
;; with -inf to whole groups; bytes 0 to 63 hold results. Every $n and $from is a multiple of 16.
;; Compiled into logit-row-wasm.ts by logit-row.test.ts (-u).
(module
  (memory (export "memory") 3)

  ;; The largest of $n logits. A NaN may be passed over: sums finds it.
  (func (export "largest") (param $n i32) (result f32)
    (local $at i32) (local $end i32) (local $m v128) (local $k v128)
    (local.set $m (f32x4.splat (f32.const -inf)))
    (local.set $k (local.get $m))
    (local.set $at (i32.const 64))
    (local.set $end (i32.add (i32.const 64) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (local.set $m (f32x4.pmax (local.get $m)
        (f32x4.pmax (v128.load (local.get $at)) (v128.load offset=16 (local.get $at)))))
      (local.set $k (f32x4.pmax (local.get $k)
        (f32x4.pmax (v128.load offset=32 (local.get $at)) (v128.load offset=48 (local.get $at)))))
      (br_if $next (i32.lt_u
        (local.tee $at (i32.add (local.get $at) (i32.const 64))) (local.get $end))))
    (local.set $m (f32x4.pmax (local.get $m) (local.get $k)))
    (f32.max
      (f32.max (f32x4.extract_lane 0 (local.get $m)) (f32x4.extract_lane 1 (local.get $m)))
      (f32.max (f32x4.extract_lane 2 (local.get $m)) (f32x4.extract_lane 3 (local.get $m)))))

  ;; With x = $max - logit: the sum of exp(-x) goes to byte 0, that of x exp(-x) to byte 8, as float64. Terms of
  ;; a group are added in float32, groups in float64. A term under exp(-80) is taken for exp(-80), so that no
  ;; exponent underflows.
  ;;
  ;; x = n ln 2 + r with ln 2 in two parts, the first of few bits; exp(-r) is the polynomial of degree 5 with the
  ;; least relative error on |r| <= ln 2 / 2, which is 7.5e-8. One body a vector: a call would cost more than it.
  (func (export "sums") (param $n i32) (param $max f32)
    (local $at i32) (local $end i32) (local $groupEnd i32)
    (local $m v128) (local $x v128) (local $e v128) (local $bits v128) (local $minusN v128) (local $r v128)
    (local $s v128) (local $w v128) (local $sum v128) (local $weighted v128)
    (local.set $m (f32x4.splat (local.get $max)))
    (local.set $at (i32.const 64))
    (local.set $end (i32.add (i32.const 64) (i32.shl (local.get $n) (i32.const 2))))
    (loop $group
      (local.set $groupEnd (i32.add (local.get $at) (i32.const 64)))
      (local.set $s (v128.const i32x4 0 0 0 0))
      (local.set $w (v128.const i32x4 0 0 0 0))
      (loop $vector
        ;; pmin hands NaN on from its first operand.
        (local.set $x (f32x4.pmin
          (f32x4.sub (local.get $m) (v128.load (local.get $at)))
          (f32x4.splat (f32.const 80))))
        ;; Added to 1.5 * 2^23, -x / ln 2 is rounded to -n, which stands in the lowest bits of the sum.
        (local.set $bits (f32x4.add
          (f32x4.mul (local.get $x) (f32x4.splat (f32.const -1.44269504088896341)))
          (f32x4.splat (f32.const 12582912))))
        (local.set $minusN (f32x4.sub (local.get $bits) (f32x4.splat (f32.const 12582912))))
        (local.set $r (f32x4.add
          (f32x4.add (local.get $x) (f32x4.mul (local.get $minusN) (f32x4.splat (f32.const 0.693359375))))
          (f32x4.mul (local.get $minusN) (f32x4.splat (f32.const -2.12194440e-4)))))
        (local.set $e (f32x4.splat (f32.const -0.00829764794576505)))
        (local.set $e (f32x4.add (f32x4.mul (local.get $e) (local.get $r)) (f32x4.splat (f32.const 0.041915432163521615))))
        (local.set $e (f32x4.add (f32x4.mul (local.get $e) (local.get $r)) (f32x4.splat (f32.const -0.1666757509573919))))
        (local.set $e (f32x4.add (f32x4.mul (local.get $e) (local.get $r)) (f32x4.splat (f32.const 0.4999889440702581))))
        (local.set $e (f32x4.add (f32x4.mul (local.get $e) (local.get $r)) (f32x4.splat (f32.const -0.9999996918047102))))
        (local.set $e (f32x4.add (f32x4.mul (local.get $e) (local.get $r)) (f32x4.splat (f32.const 1.0000000716976014))))
        ;; Times 2^-n: -n is added to the exponent's bits.
        (local.set $e (i32x4.add (local.get $e) (i32x4.shl (local.get $bits) (i32.const 23))))
        (local.set $s (f32x4.add (local.get $s) (local.get $e)))
        (local.set $w (f32x4.add (local.get $w) (f32x4.mul (local.get $x) (local.get $e))))
        (br_if $vector (i32.lt_u
          (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $groupEnd))))
      (local.set $sum (f64x2.add (local.get $sum) (f64x2.add
        (f64x2.promote_low_f32x4 (local.get $s))
        (f64x2.promote_low_f32x4 (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $s) (local.get $s))))))
      (local.set $weighted (f64x2.add (local.get $weighted) (f64x2.add
        (f64x2.promote_low_f32x4 (local.get $w))
        (f64x2.promote_low_f32x4 (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $w) (local.get $w))))))
      (br_if $group (i32.lt_u (local.get $at) (local.get $end))))
    (f64.store (i32.const 0) (f64.add (f64x2.extract_lane 0 (local.get $sum)) (f64x2.extract_lane 1 (local.get $sum))))
    (f64.store (i32.const 8) (f64.add (f64x2.extract_lane 0 (local.get $weighted)) (f64x2.extract_lane 1 (local.get $weighted)))))

  ;; The first group of 16 logits, from logit $from (a multiple of 16) on, that has one above $bound; $n if none.
  (func (export "groupAbove") (param $from i32) (param $n i32) (param $bound f32) (result i32)
    (local $at i32) (local $end i32) (local $b v128)
    (local.set $b (f32x4.splat (local.get $bound)))
    (local.set $at (i32.add (i32.const 64) (i32.shl (local.get $from) (i32.const 2))))
    (local.set $end (i32.add (i32.const 64) (i32.shl (local.get $n) (i32.const 2))))
    (block $found
      (loop $next
        (br_if $found (i32.ge_u (local.get $at) (local.get $end)))
        (br_if $found (v128.any_true (v128.or
          (v128.or
            (f32x4.gt (v128.load (local.get $at)) (local.get $b))
            (f32x4.gt (v128.load offset=16 (local.get $at)) (local.get $b)))
          (v128.or
            (f32x4.gt (v128.load offset=32 (local.get $at)) (local.get $b))
            (f32x4.gt (v128.load offset=48 (local.get $at)) (local.get $b))))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $next)))
    (i32.shr_u (i32.sub (local.get $at) (i32.const 64)) (i32.const 2)))

  ;; How many of $n logits are above $bound.
  (func (export "countAbove") (param $n i32) (param $bound f32) (result i32)
    (local $at i32) (local $end i32) (local $b v128) (local $count v128)
    (local.set $b (f32x4.splat (local.get $bound)))
    (local.set $at (i32.const 64))
    (local.set $end (i32.add (i32.const 64) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      ;; A comparison that holds is -1 in its lane.
      (local.set $count (i32x4.sub (local.get $count) (i32x4.add
        (i32x4.add
          (f32x4.gt (v128.load (local.get $at)) (local.get $b))
          (f32x4.gt (v128.load offset=16 (local.get $at)) (local.get $b)))
        (i32x4.add
          (f32x4.gt (v128.load offset=32 (local.get $at)) (local.get $b))
          (f32x4.gt (v128.load offset=48 (local.get $at)) (local.get $b))))))
      (br_if $next (i32.lt_u
        (local.tee $at (i32.add (local.get $at) (i32.const 64))) (local.get $end))))
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $count)) (i32x4.extract_lane 1 (local.get $count)))
      (i32.add (i32x4.extract_lane 2 (local.get $count)) (i32x4.extract_lane 3 (local.get $count)))))

  ;; How many of the first $n logits equal $value; 0 for $n = 0.
  (func (export "countEqual") (param $n i32) (param $value f32) (result i32)
    (local $at i32) (local $end i32) (local $v v128) (local $count v128)
    (local.set $v (f32x4.splat (local.get $value)))
    (local.set $at (i32.const 64))
    (local.set $end (i32.add (i32.const 64) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $count (i32x4.sub (local.get $count) (i32x4.add
          (i32x4.add
            (f32x4.eq (v128.load (local.get $at)) (local.get $v))
            (f32x4.eq (v128.load offset=16 (local.get $at)) (local.get $v)))
          (i32x4.add
            (f32x4.eq (v128.load offset=32 (local.get $at)) (local.get $v))
            (f32x4.eq (v128.load offset=48 (local.get $at)) (local.get $v))))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $next)))
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $count)) (i32x4.extract_lane 1 (local.get $count)))
      (i32.add (i32x4.extract_lane 2 (local.get $count)) (i32x4.extract_lane 3 (local.get $count)))))
)

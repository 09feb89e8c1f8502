;; Passes over one row of float32 weights, four at a time. Every $bytes counts a row's float32 and is a multiple of
;; 256: 64 weights make a block, whose terms are added in float32; blocks are added in float64. Bytes 0 to 63 hold
;; results. Compiled into row-products-wasm.ts by row-products.test.ts (-u).
(module
  (memory (export "memory") 1)

  ;; x·x, x·a, x·b, x·c, |x - a|² and |x - b|² go to bytes 0, 8 … 40 as float64. $abc holds a, b and c in turn, four
  ;; of each. The differences are squared here because |x|² - 2 x·a + |a|² loses in float32 what is small.
  (func (export "products") (param $x i32) (param $abc i32) (param $bytes i32)
    (local $end i32) (local $blockEnd i32) (local $v v128) (local $w v128) (local $d v128)
    (local $xx v128) (local $xa v128) (local $xb v128) (local $xc v128) (local $aa v128) (local $bb v128)
    (local $sumXX v128) (local $sumXA v128) (local $sumXB v128) (local $sumXC v128) (local $sumAA v128) (local $sumBB v128)
    (local.set $end (i32.add (local.get $x) (local.get $bytes)))
    (loop $block
      (local.set $blockEnd (i32.add (local.get $x) (i32.const 256)))
      (local.set $xx (v128.const i32x4 0 0 0 0))
      (local.set $xa (v128.const i32x4 0 0 0 0))
      (local.set $xb (v128.const i32x4 0 0 0 0))
      (local.set $xc (v128.const i32x4 0 0 0 0))
      (local.set $aa (v128.const i32x4 0 0 0 0))
      (local.set $bb (v128.const i32x4 0 0 0 0))
      (loop $vector
        (local.set $v (v128.load (local.get $x)))
        (local.set $xx (f32x4.add (local.get $xx) (f32x4.mul (local.get $v) (local.get $v))))
        (local.set $w (v128.load (local.get $abc)))
        (local.set $xa (f32x4.add (local.get $xa) (f32x4.mul (local.get $v) (local.get $w))))
        (local.set $d (f32x4.sub (local.get $v) (local.get $w)))
        (local.set $aa (f32x4.add (local.get $aa) (f32x4.mul (local.get $d) (local.get $d))))
        (local.set $w (v128.load offset=16 (local.get $abc)))
        (local.set $xb (f32x4.add (local.get $xb) (f32x4.mul (local.get $v) (local.get $w))))
        (local.set $d (f32x4.sub (local.get $v) (local.get $w)))
        (local.set $bb (f32x4.add (local.get $bb) (f32x4.mul (local.get $d) (local.get $d))))
        (local.set $xc (f32x4.add (local.get $xc) (f32x4.mul (local.get $v) (v128.load offset=32 (local.get $abc)))))
        (local.set $abc (i32.add (local.get $abc) (i32.const 48)))
        (br_if $vector (i32.lt_u
          (local.tee $x (i32.add (local.get $x) (i32.const 16))) (local.get $blockEnd))))
      (local.set $sumXX (f64x2.add (local.get $sumXX) (call $pairs (local.get $xx))))
      (local.set $sumXA (f64x2.add (local.get $sumXA) (call $pairs (local.get $xa))))
      (local.set $sumXB (f64x2.add (local.get $sumXB) (call $pairs (local.get $xb))))
      (local.set $sumXC (f64x2.add (local.get $sumXC) (call $pairs (local.get $xc))))
      (local.set $sumAA (f64x2.add (local.get $sumAA) (call $pairs (local.get $aa))))
      (local.set $sumBB (f64x2.add (local.get $sumBB) (call $pairs (local.get $bb))))
      (br_if $block (i32.lt_u (local.get $x) (local.get $end))))
    (f64.store (i32.const 0) (call $both (local.get $sumXX)))
    (f64.store (i32.const 8) (call $both (local.get $sumXA)))
    (f64.store (i32.const 16) (call $both (local.get $sumXB)))
    (f64.store (i32.const 24) (call $both (local.get $sumXC)))
    (f64.store (i32.const 32) (call $both (local.get $sumAA)))
    (f64.store (i32.const 40) (call $both (local.get $sumBB))))

  ;; Adds the row to float64 sums, one a column.
  (func (export "addRow") (param $x i32) (param $sums i32) (param $bytes i32)
    (local $end i32) (local $v v128)
    (local.set $end (i32.add (local.get $x) (local.get $bytes)))
    (loop $next
      (local.set $v (v128.load (local.get $x)))
      (v128.store (local.get $sums) (f64x2.add
        (v128.load (local.get $sums)) (f64x2.promote_low_f32x4 (local.get $v))))
      (v128.store offset=16 (local.get $sums) (f64x2.add
        (v128.load offset=16 (local.get $sums)) (f64x2.promote_low_f32x4
          (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $v) (local.get $v)))))
      (local.set $sums (i32.add (local.get $sums) (i32.const 32)))
      (br_if $next (i32.lt_u
        (local.tee $x (i32.add (local.get $x) (i32.const 16))) (local.get $end)))))

  ;; The row's count sketch, 64 float32 at $out: column j goes to cell j mod 64, with the sign bit of $flips flipped
  ;; or not. Eight cells at a time over all blocks, so that their sums stay in registers.
  (func (export "sketch") (param $x i32) (param $flips i32) (param $bytes i32) (param $out i32)
    (local $at i32) (local $end i32) (local $outEnd i32) (local $from i32) (local $s v128) (local $t v128)
    (local.set $outEnd (i32.add (local.get $out) (i32.const 256)))
    (loop $cells
      (local.set $at (local.get $x))
      (local.set $from (local.get $flips))
      (local.set $end (i32.add (local.get $x) (local.get $bytes)))
      (local.set $s (v128.const i32x4 0 0 0 0))
      (local.set $t (v128.const i32x4 0 0 0 0))
      (loop $block
        (local.set $s (f32x4.add (local.get $s)
          (v128.xor (v128.load (local.get $at)) (v128.load (local.get $from)))))
        (local.set $t (f32x4.add (local.get $t)
          (v128.xor (v128.load offset=16 (local.get $at)) (v128.load offset=16 (local.get $from)))))
        (local.set $from (i32.add (local.get $from) (i32.const 256)))
        (br_if $block (i32.lt_u
          (local.tee $at (i32.add (local.get $at) (i32.const 256))) (local.get $end))))
      (v128.store (local.get $out) (local.get $s))
      (v128.store offset=16 (local.get $out) (local.get $t))
      (local.set $x (i32.add (local.get $x) (i32.const 32)))
      (local.set $flips (i32.add (local.get $flips) (i32.const 32)))
      (br_if $cells (i32.lt_u
        (local.tee $out (i32.add (local.get $out) (i32.const 32))) (local.get $outEnd)))))

  ;; Four float32 as two float64 with the same sum.
  (func $pairs (param $v v128) (result v128)
    (f64x2.add
      (f64x2.promote_low_f32x4 (local.get $v))
      (f64x2.promote_low_f32x4
        (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $v) (local.get $v)))))

  (func $both (param $v v128) (result f64)
    (f64.add (f64x2.extract_lane 0 (local.get $v)) (f64x2.extract_lane 1 (local.get $v))))
)

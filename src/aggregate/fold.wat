;; The fold as WebAssembly SIMD: sum[i] = sum[i] + weight * update[i], multiplied and then added in float64, as
;; running-sum.ts does it; and whether all of an update is finite, as arithmetic.ts says it. `node scripts/fold-module.mjs` writes fold-module.ts from this file.
(module
  (memory (import "sum" "memory") 0 65536)

  ;; Byte addresses of float64 sums and of float32 values, and how many there are of each.
  (func (export "fold") (param $sum i32) (param $update i32) (param $count i32) (param $weight f64)
    (local $end i32)
    (local $weights v128)
    (local.set $weights (f64x2.splat (local.get $weight)))

    ;; Four at once.
    (local.set $end
      (i32.add (local.get $update) (i32.shl (i32.and (local.get $count) (i32.const -4)) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $update) (local.get $end)))
        (v128.store (local.get $sum)
          (f64x2.add
            (v128.load (local.get $sum))
            (f64x2.mul (local.get $weights) (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $update))))))
        (v128.store offset=16 (local.get $sum)
          (f64x2.add
            (v128.load offset=16 (local.get $sum))
            (f64x2.mul
              (local.get $weights)
              (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $update))))))
        (local.set $sum (i32.add (local.get $sum) (i32.const 32)))
        (local.set $update (i32.add (local.get $update) (i32.const 16)))
        (br $next)))

    ;; What is left, one by one.
    (local.set $end (i32.add (local.get $update) (i32.shl (i32.and (local.get $count) (i32.const 3)) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $update) (local.get $end)))
        (f64.store (local.get $sum)
          (f64.add
            (f64.load (local.get $sum))
            (f64.mul (local.get $weight) (f64.promote_f32 (f32.load (local.get $update))))))
        (local.set $sum (i32.add (local.get $sum) (i32.const 8)))
        (local.set $update (i32.add (local.get $update) (i32.const 4)))
        (br $next))))

  ;; Byte address of float32 values, and how many there are: 1 where none has an exponent of all ones.
  (func (export "finite") (param $values i32) (param $count i32) (result i32)
    (local $end i32)
    (local $mask v128)
    (local $found v128)
    (local $other v128)
    (local.set $mask (i32x4.splat (i32.const 0x7f800000)))

    ;; Eight at once.
    (local.set $end
      (i32.add (local.get $values) (i32.shl (i32.and (local.get $count) (i32.const -8)) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $values) (local.get $end)))
        (local.set $found
          (v128.or
            (local.get $found)
            (i32x4.eq (v128.and (v128.load (local.get $values)) (local.get $mask)) (local.get $mask))))
        (local.set $other
          (v128.or
            (local.get $other)
            (i32x4.eq (v128.and (v128.load offset=16 (local.get $values)) (local.get $mask)) (local.get $mask))))
        (local.set $values (i32.add (local.get $values) (i32.const 32)))
        (br $next)))

    ;; What is left, one by one.
    (local.set $end (i32.add (local.get $values) (i32.shl (i32.and (local.get $count) (i32.const 7)) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $values) (local.get $end)))
        (local.set $found
          (v128.or
            (local.get $found)
            (i32x4.eq (v128.and (v128.load32_splat (local.get $values)) (local.get $mask)) (local.get $mask))))
        (local.set $values (i32.add (local.get $values) (i32.const 4)))
        (br $next)))
    (i32.eqz (v128.any_true (v128.or (local.get $found) (local.get $other))))))

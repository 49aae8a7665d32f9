#!/usr/bin/env bash
# From nothing to pictures: installs into .venv, trains the default recipe, draws, exports, checks, and draws again from
# the ONNX file without TensorFlow or Keras. Arguments go to `keras-gan train`, for example: bash scripts/demo.sh --epochs 2
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
cd "$root"
environment

run=runs/demo
for ((number = 2; ; number++)); do
  [ -e "$run" ] || break
  run="runs/demo-$number"
done

keras_gan=.venv/bin/keras-gan
"$keras_gan" train --out "$run" "$@"
"$keras_gan" sample "$run" --count 64 --seed 0 --out "$run/grid.png"
"$keras_gan" export "$run"
.venv/bin/python export/onnxruntime/sample.py "$run/export/generator.onnx" --count 64 --seed 0 --out "$run/grid_from_onnx.png"

cat <<TEXT

Everything lies in $root/$run
  grid.png             64 samples, drawn by Keras
  grid_from_onnx.png   the same 64, drawn by ONNX Runtime alone
  samples/             the same latents after every epoch, and timeline.gif
  losses.png, log.csv  the losses
  checkpoints/         to train on: keras-gan train --resume $run --epochs N
  export/saved_model/  for TF Serving
  export/generator.onnx
TEXT

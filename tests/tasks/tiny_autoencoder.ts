/** An autoencoder and a data set so small that a run takes seconds, most of them for its kernels. */
export const TINY_AUTOENCODER: readonly string[] = [
  "--nnet.name=autoencoder",
  "--img_size=8",
  "--ch_mult=1",
  "--z_channels=2",
  "--embed_dim=2",
  "--batch_size=4",
  "--micro_batches=2",
  "--dataset.n=32",
  "--lr_scheduler.name=customized",
  "--warmup_steps=1",
  "--n_steps=4",
  "--log_interval=1",
  "--save_interval=2",
  "--eval_interval=2",
  "--n_samples=4",
];

using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Tests.Training;
using Hybrid.Networks.Training;
using Hybrid.Torch.Training;
using Xunit;

namespace Hybrid.Torch.Tests;

/// <summary>No step leaves a tensor behind: TorchSharp counts those of a thread that live.</summary>
public sealed class LiveTensorTests : IDisposable
{
    private readonly LiveTensors live = new();

    public void Dispose() => live.AssertNoneIsLeft();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Training_steps(bool recompute)
    {
        ModelOptions model = Models.Of(Placement.Peri, gated: true);
        using (TorchTrainer trainer = new(Models.Options(model, steps: 100, recompute: recompute), Target.Device, Target.Precision))
        {
            trainer.Step(Models.Batch(model, 3, 0));
            long held = LiveTensors.Count;
            for (int step = 1; step < 100; step++)
            {
                trainer.Step(Models.Batch(model, 3, step));
                trainer.Evaluate(Models.Batch(model, 3, step));
                trainer.Read(trainer.Parameters[0], 0, new float[3]);
                trainer.Write(trainer.OptimiserState[0], 0, new float[3]);
            }

            Assert.Equal(held, LiveTensors.Count);
        }
    }

    [Fact]
    public void Runs_of_an_ensemble()
    {
        Architecture architecture = Hybrid.Networks.Tests.Networks.Of(
            Placement.Pre, Activation.Gelu, tokens: 5, depth: 3, width: 20, heads: 2);
        using (TorchEngine engine = new(architecture, Target.Options))
        {
            NetworkSample[] samples = [.. Enumerable.Range(0, 4).Select(_ => new NetworkSample(5, 3))];
            engine.Run(1, 0, samples);
            long held = LiveTensors.Count;
            for (int run = 0; run < 50; run++)
                engine.Run(1, run, samples.AsSpan(0, 1 + run % 4));
            Assert.Equal(held, LiveTensors.Count);
        }
    }
}

using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.Measurement;

/// <summary>Tensors of a network in training by their names.</summary>
internal static class NamedTensors
{
    /// <summary>The parameter of a name, such as "blocks.1.mlp.in", or its gradient, "gradient.blocks.1.mlp.in".</summary>
    public static NamedTensor Named(this IMeasuredTrainer trainer, string name) =>
        trainer.Parameters.Concat(trainer.Gradients).First(tensor => tensor.Name == name);

    /// <summary>The entries of one, row by row, on the host.</summary>
    public static float[] Values(this IMeasuredTrainer trainer, string name)
    {
        NamedTensor tensor = trainer.Named(name);
        float[] values = new float[tensor.Length];
        trainer.Read(tensor, 0, values);
        return values;
    }
}

using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;

namespace Hybrid.Networks.Tests.Training;

/// <summary>Keeps a copy of all that it is shown.</summary>
internal sealed unsafe class Recorder : IPassObserver<float>
{
    /// <summary>x after block 0..depth.</summary>
    public List<float[]> Streams { get; } = [];

    /// <summary>A of block 1..depth.</summary>
    public List<float[]> Attention { get; } = [];

    /// <summary>f of attention and of the MLP of block 1..depth, in their order.</summary>
    public List<float[]> Branches { get; } = [];

    /// <summary>What of each was added to the stream but for the weight.</summary>
    public List<float[]> Added { get; } = [];

    /// <summary>How many streams were shown between steps.</summary>
    public int Middles { get; private set; }

    /// <summary>G after block depth..0.</summary>
    public List<float[]> Gradients { get; } = [];

    /// <summary>ℓ.</summary>
    public float[] LogitRows { get; private set; } = [];

    public void Stream(int layer, MatrixView<float> stream) => Streams.Add(Copy(stream));

    public void Probabilities(int layer, MatrixView<float> probabilities) => Attention.Add(Copy(probabilities));

    public void Branch(int layer, ModuleKind module, MatrixView<float> branch) => Branches.Add(Copy(branch));

    void IPassObserver<float>.Added(int layer, ModuleKind module, MatrixView<float> added) => Added.Add(Copy(added));

    public void Middle(int layer, MatrixView<float> stream) => Middles++;

    public void Logits(MatrixView<float> logits) => LogitRows = Copy(logits);

    public void Gradient(int layer, MatrixView<float> gradient) => Gradients.Add(Copy(gradient));

    private static float[] Copy(MatrixView<float> view) => new Span<float>(view.Data, view.Rows * view.Columns).ToArray();
}

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>One random transformer without weights, drawn block by block forwards and then backwards.</summary>
internal interface IRandomNetwork : IDisposable
{
    /// <summary>Network (seed, sample), its tokens those of the record.</summary>
    void Begin(ulong seed, int sample);

    /// <summary>Carries the stream through block <paramref name="layer"/>, 1..depth.</summary>
    void Forward(int layer);

    /// <summary>Draws the loss gradient at the output.</summary>
    void BeginBackward();

    /// <summary>
    /// Carries the gradient from the output to the input of block <paramref name="layer"/>, and writes the squared norm of
    /// every parameter's gradient, by <see cref="Model.MatrixRole"/>.
    /// </summary>
    void Backward(int layer, Span<double> weightGradients);

    /// <summary>x xᵀ/d.</summary>
    void MeasureStream(double[] result);

    /// <summary>G Gᵀ/d.</summary>
    void MeasureGradient(double[] result);

    /// <summary>A of block <paramref name="layer"/> after its forward pass: [H n, n].</summary>
    ReadOnlySpan<double> Probabilities(int layer);
}

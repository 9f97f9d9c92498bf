namespace Hybrid.Lab.Data;

/// <summary>What a simple predictor loses on a source.</summary>
/// <param name="Name">The predictor, in a few words.</param>
/// <param name="Nats">Its mean loss, nats per token.</param>
public sealed record ReferenceLoss(string Name, double Nats);

namespace Hybrid.Experiments;

/// <summary>A finished cell as the store keeps it.</summary>
/// <param name="Cell">Its key.</param>
/// <param name="Values">What it measured.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record StoredCell(string Cell, CellValues Values, double Seconds);

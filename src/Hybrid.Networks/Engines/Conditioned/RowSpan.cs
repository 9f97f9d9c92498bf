using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// What is kept of n rows that a matrix has seen: [n, D] in the storage of a module, as L U with orthonormal rows U
/// (<see cref="SpannedRows{T}"/>).
/// </summary>
/// <param name="Rows">[n, D], gaps between rows allowed: the rows themselves, or in double precision U.</param>
/// <param name="Factor">L: [n, c], c = min(n, D).</param>
/// <param name="Inverse">[c, n] without gaps: in single precision U by the rows.</param>
internal readonly record struct RowSpan<T>(MatrixView<T> Rows, MatrixView<double> Factor, MatrixView<double> Inverse)
    where T : unmanaged;

using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Tests.Engines.Conditioned;

/// <summary>Small matrices for the tests of the conditioned engine: managed data behind a native view, drawn by key.</summary>
internal sealed unsafe class Rows : IDisposable
{
    private readonly NativeBuffer<double> buffer;

    public Rows(int count, int dimension)
    {
        buffer = new NativeBuffer<double>((long)count * dimension, "test rows");
        View = buffer.Matrix(0, count, dimension);
    }

    public MatrixView<double> View { get; }

    public Span<double> Values => buffer.Span(0, (int)buffer.Length);

    public double this[int row, int column]
    {
        get => View.Row(row)[column];
        set => View.Row(row)[column] = value;
    }

    public static Rows Normal(int count, int dimension, int stream, int sample = 0)
    {
        Rows rows = new(count, dimension);
        Gaussian.Fill(rows.Values, new RandomKey(99, sample, 0, stream), 0, 1);
        return rows;
    }

    public static double Dot(MatrixView<double> left, int i, MatrixView<double> right, int j)
    {
        double sum = 0;
        for (int k = 0; k < left.Columns; k++)
            sum += left.Row(i)[k] * right.Row(j)[k];
        return sum;
    }

    public void Dispose() => buffer.Dispose();
}

/// <summary>One thread, products and scratch memory.</summary>
internal sealed class TestWorkspace : IDisposable
{
    private readonly WorkerPool pool = new(1);
    private readonly MatrixProduct<double> product;

    public TestWorkspace(int vectors, int dimension)
    {
        product = new MatrixProduct<double>(pool);
        Workspace = new ConditioningWorkspace(pool, product, vectors, dimension);
    }

    public ConditioningWorkspace Workspace { get; }

    public void Dispose()
    {
        Workspace.Dispose();
        product.Dispose();
        pool.Dispose();
    }
}

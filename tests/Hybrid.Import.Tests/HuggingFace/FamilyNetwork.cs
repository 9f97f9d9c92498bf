using Hybrid.Architectures;

namespace Hybrid.Import.Tests.HuggingFace;

/// <summary>
/// One random network of a family, forwards, as its code is described: weights N(0, s²) in matrices of their published
/// shapes, grouped heads of any width, norms where the family has them. It shares nothing with the engines.
/// </summary>
internal sealed class FamilyNetwork(FamilyShape shape, int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Mean squared norm and mean product of two tokens, per coordinate, at the input and after every block.</summary>
    public (double Q, double P)[] Run()
    {
        double[][] x = Embed();
        List<(double, double)> layers = [Overlaps(x)];
        for (int layer = 0; layer < shape.Depth; layer++)
        {
            x = Add(x, Attention);
            x = Add(x, Mlp);
            layers.Add(Overlaps(x));
        }

        return [.. layers];
    }

    private double[][] Embed()
    {
        double[] segment = Row(shape.Width);
        return [.. Enumerable.Range(0, shape.Tokens).Select(_ => shape.ModelType switch
        {
            "bert" => Normalise(Sum(Sum(Row(shape.Width), Row(shape.Width)), segment)),
            "gpt2" => Sum(Row(shape.Width), Row(shape.Width)),
            "llama" => Row(shape.Width),
            _ => Scale(Row(shape.Width), Math.Sqrt(shape.Width)),
        })];
    }

    private double[][] Add(double[][] x, Func<double[][], double[][]> sublayer)
    {
        bool before = shape.ModelType != "bert", behind = shape.ModelType is "gemma2" or "gemma3_text";
        double[][] y = sublayer(before ? Each(x, Normalise) : x);
        double[][] sum = [.. x.Zip(behind ? Each(y, Normalise) : y, Sum)];
        return shape.ModelType == "bert" ? Each(sum, Normalise) : sum;
    }

    private double[][] Attention(double[][] z)
    {
        int d = shape.HeadWidth, groups = shape.Heads / shape.KeyValueHeads;
        double[][] q = Times(z, shape.Heads * d), k = Times(z, shape.KeyValueHeads * d), v = Times(z, shape.KeyValueHeads * d);
        double[][] output = [.. z.Select(_ => new double[shape.Heads * d])];
        for (int head = 0; head < shape.Heads; head++)
        {
            int from = head * d, shared = head / groups * d;
            double[][] queries = Each(q, row => Head(row, from)), keys = Each(k, row => Head(row, shared));
            for (int i = 0; i < z.Length; i++)
            {
                int last = shape.ModelType == "bert" ? z.Length - 1 : i;
                double[] weights =
                    [.. Enumerable.Range(0, last + 1).Select(j => Math.Exp(Dot(queries[i], keys[j]) / Math.Sqrt(shape.QueryScalar)))];
                double total = weights.Sum();
                for (int j = 0; j <= last; j++)
                {
                    for (int c = 0; c < d; c++)
                        output[i][from + c] += weights[j] / total * v[j][shared + c];
                }
            }
        }

        return Project(output);
    }

    private double[] Head(double[] row, int from)
    {
        double[] head = row[from..(from + shape.HeadWidth)];
        return shape.ModelType == "gemma3_text" ? Normalise(head) : head;
    }

    private double[][] Mlp(double[][] z)
    {
        Activation activation = shape.ModelType switch
        {
            "bert" => Activation.Gelu,
            "llama" => Activation.Silu,
            _ => Activation.GeluTanh,
        };
        double[][] hidden = Each(Times(z, shape.MlpWidth), row => [.. row.Select(value => ActivationModule.Value(activation, value))]);
        if (shape.ModelType is "bert" or "gpt2")
            return Project(hidden);
        return Project([.. hidden.Zip(Times(z, shape.MlpWidth), (gate, up) => (double[])[.. gate.Zip(up, (a, b) => a * b)])]);
    }

    private double[][] Project(double[][] z) =>
        shape.ModelType == "gpt2" ? Each(Times(z, shape.Width), row => Scale(row, 1 / Math.Sqrt(2 * shape.Depth))) : Times(z, shape.Width);

    /// <summary>Each row times a fresh matrix with entries N(0, s²).</summary>
    private double[][] Times(double[][] z, int columns)
    {
        double[][] product = [.. z.Select(_ => new double[columns])];
        for (int i = 0; i < z[0].Length; i++)
        {
            double[] weights = Row(columns);
            for (int t = 0; t < z.Length; t++)
            {
                for (int j = 0; j < columns; j++)
                    product[t][j] += z[t][i] * weights[j];
            }
        }

        return product;
    }

    private double[] Row(int length) =>
        [.. Enumerable.Range(0, length).Select(
            _ => shape.Std * Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()))];

    private static (double Q, double P) Overlaps(double[][] x)
    {
        int n = x.Length;
        double diagonal = x.Sum(row => Dot(row, row)), all = 0;
        foreach (double[] row in x)
            all += x.Sum(other => Dot(row, other));
        return (diagonal / n / x[0].Length, (all - diagonal) / n / (n - 1) / x[0].Length);
    }

    private static double[][] Each(double[][] x, Func<double[], double[]> map) => [.. x.Select(map)];

    private static double[] Normalise(double[] row) => Scale(row, Math.Sqrt(row.Length / Dot(row, row)));

    private static double[] Scale(double[] row, double factor) => [.. row.Select(value => factor * value)];

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}

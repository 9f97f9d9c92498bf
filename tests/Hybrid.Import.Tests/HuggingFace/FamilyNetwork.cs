using Hybrid.Architectures;

namespace Hybrid.Import.Tests.HuggingFace;

/// <summary>
/// One random network of a family, forwards, as its code is described: weights N(0, s²) in matrices of their published
/// shapes, grouped heads of any width, norms, turns, windows, experts and latent vectors where the family has them. It shares
/// nothing with the engines.
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
            int at = layer;
            if (shape.ModelType == "gpt_neox")
            {
                double[][] z = Each(x, Normalise);
                x = [.. x.Zip(Attention(z, at), Sum).Zip(Mlp(z, at), Sum)];
            }
            else
            {
                x = Add(x, z => Attention(z, at));
                x = Add(x, z => Mlp(z, at));
            }

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
            "bloom" => Normalise(Row(shape.Width)),
            "gpt2" => Sum(Row(shape.Width), Row(shape.Width)),
            "gemma" or "gemma2" or "gemma3_text" => Scale(Row(shape.Width), Math.Sqrt(shape.Width)),
            _ => Row(shape.Width),
        })];
    }

    private double[][] Add(double[][] x, Func<double[][], double[][]> sublayer)
    {
        bool before = shape.ModelType is not ("bert" or "olmo2"), behind = shape.ModelType is "gemma2" or "gemma3_text" or "olmo2";
        double[][] y = sublayer(before ? Each(x, Normalise) : x);
        double[][] sum = [.. x.Zip(behind ? Each(y, Normalise) : y, Sum)];
        return shape.ModelType == "bert" ? Each(sum, Normalise) : sum;
    }

    private double[][] Attention(double[][] z, int layer)
    {
        int d = shape.HeadWidth, groups = shape.Heads / shape.KeyValueHeads;
        (double[][] q, double[][] k, double[][] v) = Products(z);
        bool isLocal = shape.Window > 0 && layer % 2 == 0;
        double baseFrequency = isLocal && shape.ModelType == "gemma3_text" ? shape.LocalBase : shape.Base;
        double[][] output = [.. z.Select(_ => new double[shape.Heads * d])];
        for (int head = 0; head < shape.Heads; head++)
        {
            int from = head * d, shared = head / groups * d;
            double[][] queries = Turn(Each(q, row => Head(row, from)), baseFrequency);
            double[][] keys = Turn(Each(k, row => Head(row, shared)), baseFrequency);
            for (int i = 0; i < z.Length; i++)
            {
                int first = isLocal ? Math.Max(0, i - shape.Window + 1) : 0, last = shape.ModelType == "bert" ? z.Length - 1 : i;
                double[] weights = [.. Enumerable.Range(first, last + 1 - first)
                    .Select(j => Math.Exp(Logit(Dot(queries[i], keys[j]) / Math.Sqrt(shape.QueryScalar), head, i - j)))];
                double total = weights.Sum();
                for (int j = first; j <= last; j++)
                {
                    for (int c = 0; c < d; c++)
                        output[i][from + c] += weights[j - first] / total * v[j][shared + c];
                }
            }
        }

        return Project(output);
    }

    // Queries, keys and values of all heads, H d_h and G d_h coordinates.
    private (double[][] Query, double[][] Key, double[][] Value) Products(double[][] z)
    {
        int d = shape.HeadWidth;
        if (shape.ModelType == "olmo2")
            return (Each(Times(z, shape.Heads * d), Normalise), Each(Times(z, shape.Heads * d), Normalise), Times(z, shape.Heads * d));
        if (shape.ModelType != "deepseek_v3")
            return (Times(z, shape.Heads * d), Times(z, shape.KeyValueHeads * d), Times(z, shape.KeyValueHeads * d));
        double[][] query = Times(Each(Times(z, shape.QueryRank), Normalise), shape.Heads * d);
        double[][] latent = Each(Times(z, shape.KeyValueRank), Normalise), turned = Times(z, shape.Turned);
        double[][] rest = Times(latent, shape.Heads * (d - shape.Turned));
        double[][] key = [.. rest.Zip(turned, (own, common) => (double[])[.. Enumerable.Range(0, shape.Heads)
            .SelectMany(head => common.Concat(own.Skip(head * (d - shape.Turned)).Take(d - shape.Turned)))])];
        return (query, key, Times(latent, shape.Heads * d));
    }

    private double Logit(double product, int head, int distance) => shape.ModelType switch
    {
        "bloom" => product - (Math.Pow(2, -8.0 * (head + 1) / shape.Heads) * distance),
        "gemma2" => shape.Cap * Math.Tanh(product / shape.Cap),
        _ => product,
    };

    // Coordinates f and f + half of the first that turn, by position · base^(−f/half).
    private double[][] Turn(double[][] rows, double baseFrequency)
    {
        int half = shape.Turned / 2;
        return [.. rows.Select((row, position) =>
        {
            double[] turned = [.. row];
            for (int f = 0; f < half; f++)
            {
                (double sine, double cosine) = Math.SinCos(position * Math.Pow(baseFrequency, -(double)f / half));
                turned[f] = (row[f] * cosine) - (row[f + half] * sine);
                turned[f + half] = (row[f + half] * cosine) + (row[f] * sine);
            }

            return turned;
        })];
    }

    private double[] Head(double[] row, int from)
    {
        double[] head = row[from..(from + shape.HeadWidth)];
        return shape.ModelType is "gemma3_text" or "qwen3" ? Normalise(head) : head;
    }

    private double[][] Mlp(double[][] z, int layer)
    {
        if (shape.Experts == 0 || layer < shape.Dense)
            return FeedForward(z, shape.MlpWidth);
        bool sigmoid = shape.ModelType == "deepseek_v3";
        double[][] logits = Times(z, shape.Experts);
        double[][][] outputs = [.. Enumerable.Range(0, shape.Experts).Select(_ => FeedForward(z, shape.ExpertWidth))];
        double[][] sum = sigmoid ? FeedForward(z, shape.ExpertWidth) : [.. z.Select(_ => new double[shape.Width])];
        for (int t = 0; t < z.Length; t++)
        {
            int[] chosen = [.. Enumerable.Range(0, shape.Experts).OrderByDescending(e => logits[t][e]).Take(shape.Active)];
            double[] weights = [.. chosen.Select(e => sigmoid ? 1 / (1 + Math.Exp(-logits[t][e])) : Math.Exp(logits[t][e]))];
            foreach ((int expert, double weight) in chosen.Zip(weights))
                sum[t] = Sum(sum[t], Scale(outputs[expert][t], shape.RoutedScale * weight / weights.Sum()));
        }

        return sum;
    }

    private double[][] FeedForward(double[][] z, int width)
    {
        Activation activation = shape.ModelType switch
        {
            "bert" or "gpt_neox" => Activation.Gelu,
            "gpt2" or "bloom" or "gemma" or "gemma2" or "gemma3_text" => Activation.GeluTanh,
            _ => Activation.Silu,
        };
        double[][] hidden = Each(Times(z, width), row => [.. row.Select(value => ActivationModule.Value(activation, value))]);
        if (shape.ModelType is "bert" or "gpt2" or "bloom" or "gpt_neox")
            return Project(hidden);
        return Project([.. hidden.Zip(Times(z, width), (gate, up) => (double[])[.. gate.Zip(up, (a, b) => a * b)])]);
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
                double[] row = product[t];
                double factor = z[t][i];
                for (int j = 0; j < row.Length; j++)
                    row[j] += factor * weights[j];
            }
        }

        return product;
    }

    // Normal numbers in pairs, by Box and Muller.
    private double[] Row(int length)
    {
        double[] row = new double[length];
        double std = shape.Std;
        for (int i = 0; i < length; i += 2)
        {
            double radius = std * Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * _random.NextDouble());
            row[i] = radius * cosine;
            if (i + 1 < length)
                row[i + 1] = radius * sine;
        }

        return row;
    }

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

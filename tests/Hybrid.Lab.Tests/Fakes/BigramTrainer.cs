using Hybrid.Lab.Training;
using Hybrid.Networks.Random;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Tests.Fakes;

/// <summary>
/// A trainer of the contract small enough to read: the softmax of one row of logits for every input token, trained by AdamW
/// or SGD with warm-up and schedule. On a Markov chain of order 1 its best loss is the optimum.
/// </summary>
internal sealed class BigramTrainer : ITrainer
{
    private readonly int _rows, _columns;
    private readonly Dictionary<string, float[]> _tensors = [];

    public BigramTrainer(TrainingOptions options)
    {
        Options = options;
        (_rows, _columns) = (options.Model.EmbeddedTokens, options.Model.Vocabulary);
        Parameters = [new("bigram.logits", [_rows, _columns]), new("bigram.bias", [_columns])];
        string[] kinds = options.Optimiser.Kind == OptimiserKind.AdamW ? ["mean.", "square."] : ["momentum."];
        OptimiserState = [.. kinds.SelectMany(kind => Parameters.Select(tensor => tensor with { Name = kind + tensor.Name }))];
        foreach (NamedTensor tensor in Parameters.Concat(OptimiserState))
            _tensors.Add(tensor.Name, new float[tensor.Length]);
        Gaussian.Fill(_tensors["bigram.logits"], new RandomKey(options.Seed, 0, 0, 0), 0, (float)options.Model.LogitStd);
    }

    public string Engine => "bigram";

    public TrainingOptions Options { get; }

    public int StepsDone { get; set; }

    public IReadOnlyList<NamedTensor> Parameters { get; }

    public IReadOnlyList<NamedTensor> OptimiserState { get; }

    public static TrainerEntry Entry(string name = "dense") => new(name, (options, _) => new BigramTrainer(options), (_, _) => 1);

    public void Read(NamedTensor tensor, long offset, Span<float> destination) =>
        _tensors[tensor.Name].AsSpan((int)offset, destination.Length).CopyTo(destination);

    public void Write(NamedTensor tensor, long offset, ReadOnlySpan<float> source) =>
        source.CopyTo(_tensors[tensor.Name].AsSpan((int)offset));

    public StepResult Step(TokenBatch batch)
    {
        float[][] gradients = [.. Parameters.Select(tensor => new float[tensor.Length])];
        double loss = Run(batch, gradients);
        double norm = Math.Sqrt(gradients.Sum(gradient => gradient.Sum(entry => (double)entry * entry)));
        double rate = LearningRate(StepsDone + 1);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
            return new(loss, norm, rate);
        StepsDone++;
        float scale = (float)Math.Min(1, Options.Optimiser.ClipNorm / norm);
        for (int i = 0; i < Parameters.Count; i++)
            Update(Parameters[i], gradients[i], scale, rate);
        return new(loss, norm, rate);
    }

    public double Evaluate(TokenBatch batch) => Run(batch, null);

    public void Dispose()
    {
    }

    private double Run(TokenBatch batch, float[][]? gradients)
    {
        float[] logits = _tensors["bigram.logits"], bias = _tensors["bigram.bias"];
        int targets = batch.Targets.Count(target => target != TokenBatch.NoTarget);
        double[] odds = new double[_columns];
        double loss = 0;
        for (int i = 0; i < batch.Inputs.Length; i++)
        {
            if (batch.Targets[i] == TokenBatch.NoTarget)
                continue;
            int row = batch.Inputs[i] * _columns;
            double greatest = double.NegativeInfinity;
            for (int j = 0; j < _columns; j++)
                greatest = Math.Max(greatest, odds[j] = logits[row + j] + bias[j]);
            double sum = 0;
            for (int j = 0; j < _columns; j++)
                sum += Math.Exp(odds[j] - greatest);
            loss += (greatest + Math.Log(sum) - odds[batch.Targets[i]]) / targets;
            for (int j = 0; gradients is not null && j < _columns; j++)
            {
                double error = (Math.Exp(odds[j] - greatest) / sum - (j == batch.Targets[i] ? 1 : 0)) / targets;
                gradients[0][row + j] += (float)error;
                gradients[1][j] += (float)error;
            }
        }

        return loss;
    }

    private void Update(NamedTensor tensor, float[] gradient, float scale, double rate)
    {
        OptimiserOptions optimiser = Options.Optimiser;
        float[] parameters = _tensors[tensor.Name];
        double decay = tensor.Shape.Length == 2 ? rate * optimiser.WeightDecay : 0;
        for (int i = 0; i < parameters.Length; i++)
        {
            double g = scale * gradient[i], step;
            if (optimiser.Kind == OptimiserKind.AdamW)
            {
                ref float mean = ref _tensors["mean." + tensor.Name][i], square = ref _tensors["square." + tensor.Name][i];
                mean = (float)(optimiser.Beta1 * mean + (1 - optimiser.Beta1) * g);
                square = (float)(optimiser.Beta2 * square + (1 - optimiser.Beta2) * g * g);
                double root = Math.Sqrt(square / (1 - Math.Pow(optimiser.Beta2, StepsDone)));
                step = mean / (1 - Math.Pow(optimiser.Beta1, StepsDone)) / (root + optimiser.Epsilon);
            }
            else
            {
                ref float momentum = ref _tensors["momentum." + tensor.Name][i];
                step = momentum = (float)(optimiser.Momentum * momentum + g);
            }

            parameters[i] = (float)(parameters[i] * (1 - decay) - rate * step);
        }
    }

    private double LearningRate(int step)
    {
        OptimiserOptions optimiser = Options.Optimiser;
        if (step <= optimiser.WarmupSteps)
            return optimiser.LearningRate * step / optimiser.WarmupSteps;
        if (optimiser.Schedule == ScheduleKind.Constant)
            return optimiser.LearningRate;
        double progress = (double)(step - optimiser.WarmupSteps) / Math.Max(1, Options.Steps - optimiser.WarmupSteps);
        return optimiser.LearningRate * (optimiser.FinalFraction + (1 - optimiser.FinalFraction) * (1 + Math.Cos(Math.PI * progress)) / 2);
    }
}

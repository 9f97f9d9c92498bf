namespace Hybrid.Networks.Training;

/// <summary>
/// η of step t = 1, 2, …: η t/W over the W steps of the warm-up, then constant, or along half a cosine from η at t = W to
/// its final fraction at the last step, where it stays.
/// </summary>
internal static class LearningRate
{
    internal static double At(OptimiserOptions options, int steps, int step)
    {
        double peak = options.LearningRate;
        if (step <= options.WarmupSteps)
            return peak * step / options.WarmupSteps;
        if (options.Schedule == ScheduleKind.Constant)
            return peak;
        double progress = step >= steps ? 1 : (double)(step - options.WarmupSteps) / (steps - options.WarmupSteps);
        return peak * (options.FinalFraction + (1 - options.FinalFraction) * (1 + Math.Cos(Math.PI * progress)) / 2);
    }
}

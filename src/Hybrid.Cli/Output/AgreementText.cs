using System.Globalization;
using Hybrid.Drawing;
using Hybrid.Lab.Comparisons;

namespace Hybrid.Cli.Output;

/// <summary>What many comparisons of theory with networks say together, in sentences.</summary>
internal static class AgreementText
{
    /// <summary>How many comparisons agree, and how strict they were.</summary>
    public static string Counts(Func<Agreement, int> count, double familyWiseRate)
    {
        int agree = count(Agreement.Agrees), disagree = count(Agreement.Disagrees), open = count(Agreement.Inconclusive);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{agree} of {agree + disagree + open} comparisons agree ✓, {disagree} disagree ✗, {open} inconclusive ?; a correct "
            + $"theory fails any of them with probability ≤ {Numbers.Percent(familyWiseRate)}");
    }

    /// <summary>The verdict; where more networks are wanted, <paramref name="option"/> draws them.</summary>
    public static string Verdict(Agreement agreement, string option) => agreement switch
    {
        Agreement.Agrees => "theory and networks agree",
        Agreement.Disagrees => "theory and networks disagree",
        _ => $"inconclusive; draw more networks with {option}",
    };
}

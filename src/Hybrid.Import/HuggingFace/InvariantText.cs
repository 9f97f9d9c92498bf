using System.Globalization;
using System.Runtime.CompilerServices;

namespace Hybrid.Import.HuggingFace;

/// <summary>An interpolated string, or a sum of several, whose numbers are as the invariant culture writes them.</summary>
[InterpolatedStringHandler]
internal ref struct InvariantText(int literalLength, int formattedCount)
{
    private DefaultInterpolatedStringHandler _text = new(literalLength, formattedCount, CultureInfo.InvariantCulture);

    /// <summary>Adds text as it is.</summary>
    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    /// <summary>Adds a value.</summary>
    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <summary>Adds a value as <paramref name="format"/> says.</summary>
    public void AppendFormatted<T>(T value, string format) => _text.AppendFormatted(value, format);

    /// <summary>The text, once.</summary>
    public string ToText() => _text.ToStringAndClear();
}

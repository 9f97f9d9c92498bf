using System.Globalization;
using System.Text.Json;
using Hybrid.Import.Json;
using Xunit;

namespace Hybrid.Import.Tests;

/// <summary>Fields of an object that is read strictly: what is legal, and what the refusal says.</summary>
public sealed class JsonFieldsTests
{
    // (0, ∞), [0, ∞), [0, 1), [0, 1] and (−∞, ∞), at their ends and next to these
    [Theory]
    [InlineData("positive", "a finite number > 0", "5E-324 1.7976931348623157E+308", "0 -5E-324")]
    [InlineData("non-negative", "a finite number ≥ 0", "0 -0 1.7976931348623157E+308", "-5E-324")]
    [InlineData("half-open", "a number in [0, 1)", "0 0.9999999999999999", "-5E-324 1")]
    [InlineData("unit", "a number in [0, 1]", "0 1", "-5E-324 1.0000000000000002")]
    [InlineData("any", "", "-1.7976931348623157E+308 0 1.7976931348623157E+308", "")]
    public void A_range_ends_where_its_words_say(string name, string words, string legal, string illegal)
    {
        NumberRange range = name switch
        {
            "positive" => NumberRange.Positive,
            "non-negative" => NumberRange.NonNegative,
            "half-open" => NumberRange.HalfOpenUnit,
            "unit" => NumberRange.Unit,
            _ => NumberRange.Any,
        };
        foreach (string text in legal.Split(' '))
        {
            Assert.True(range.Contains(double.Parse(text, CultureInfo.InvariantCulture)), text);
            Assert.Equal(double.Parse(text, CultureInfo.InvariantCulture), Fields($"{{\"x\": {text}}}").Number("x", range));
        }

        foreach (string text in illegal.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.False(range.Contains(double.Parse(text, CultureInfo.InvariantCulture)), text);
            InputException error = Assert.Throws<InputException>(() => Fields($"{{\"x\": {text}}}").Number("x", range));
            Assert.Equal($"file.json: of.x must be {words}, got {text}", error.Message);
        }

        Assert.All((double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity], value => Assert.False(range.Contains(value)));
    }

    [Fact]
    public void A_field_that_nobody_asks_for_is_refused_with_the_nearest_one_and_with_all_that_are_legal()
    {
        Assert.Equal(
            "file.json: 'of.widht' is not a field here; did you mean width? Legal: width, depth.", Refused("{\"width\": 1, \"widht\": 2}"));
        Assert.Equal("file.json: 'of.zzzzzz' is not a field here. Legal: width, depth.", Refused("{\"width\": 1, \"zzzzzz\": 2}"));

        static string Refused(string text)
        {
            JsonFields fields = Fields(text);
            fields.Any("width");
            fields.Has("depth");
            return Assert.Throws<InputException>(fields.EnsureNoOther).Message;
        }
    }

    private static JsonFields Fields(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return new(document.RootElement.Clone(), "file.json", "of");
    }
}

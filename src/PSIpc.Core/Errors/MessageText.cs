using System.Globalization;

namespace PSIpc.Core;

/// <summary>Fills the texts of <c>Messages.resx</c>. Only who throws asks for one: looking it up and filling it is not for the way of a message.</summary>
internal static class MessageText
{
    /// <summary>The text with values in its holes, in the culture of the session.</summary>
    /// <param name="text">One of <see cref="Messages"/>.</param>
    /// <param name="values">As many as the text has holes.</param>
    public static string With(this string text, params object?[] values) => string.Format(CultureInfo.CurrentCulture, text, values);
}

using System.Globalization;

namespace PSIpc;

/// <summary>The first elements of an array as a short text.</summary>
internal static class ArrayText
{
    private const int MostShown = 6;
    private const int Longest = 60;

    /// <summary>The text.</summary>
    public static string HeadOf(SharedArray array)
    {
        if (array.IsRemoved)
        {
            return "";
        }

        var parts = new List<string>();
        int length = 0;
        for (long i = 0; i < Math.Min(array.Length, MostShown) && length < Longest; i++)
        {
            string part = Convert.ToString(array.GetValue(i), CultureInfo.CurrentCulture) ?? "";
            parts.Add(part);
            length += part.Length + 2;
        }

        return $"{{{string.Join(", ", parts)}{(parts.Count < array.Length ? ", ..." : "")}}}";
    }
}

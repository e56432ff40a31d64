using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// The values of a script block's <c>$using:</c> expressions in the caller's session, under the keys by which the engine finds them in
/// the child: base64 of the expression's UTF-16 text, in lower case where it is a plain variable.
/// </summary>
internal static class UsingValues
{
    /// <summary>Evaluates the expressions.</summary>
    /// <exception cref="RuntimeException">A variable is not set.</exception>
    public static Hashtable Collect(ScriptBlock script, PSCmdlet caller)
    {
        var values = new Hashtable(StringComparer.Ordinal);
        foreach (UsingExpressionAst expression in script.Ast.FindAll(static a => a is UsingExpressionAst, searchNestedScriptBlocks: true))
        {
            string key = KeyOf(expression);
            if (!values.ContainsKey(key) && TryEvaluate(expression, script, caller, out object? value))
            {
                values[key] = value;
            }
        }

        return values;
    }

    private static string KeyOf(UsingExpressionAst expression)
    {
        string text = expression.ToString();
        return Convert.ToBase64String(Encoding.Unicode.GetBytes(
            expression.SubExpression is VariableExpressionAst ? LowerCase(text) : text));
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Globalization", "CA1308", Justification = "The engine's own keys are in lower case.")]
    private static string LowerCase(string text) => text.ToLowerInvariant();

    private static bool TryEvaluate(UsingExpressionAst expression, ScriptBlock script, PSCmdlet caller, out object? value)
    {
        value = null;
        if (RootOf(expression.SubExpression) is { VariablePath.IsDriveQualified: false } root)
        {
            PSVariable? found = caller.SessionState.PSVariable.Get(root.VariablePath.UserPath);
            if (found is null)
            {
                // A worker was given it as such a value itself.
                return TryGetGiven(KeyOf(expression), out value)
                    || (IsNested(expression, script) ? false : throw Undefined(expression));
            }

            if (root == expression.SubExpression)
            {
                value = found.Value;
                return true;
            }
        }

        // An element, a property, or a variable of a drive such as $using:env:PATH. A comma for each of
        // the two that enumerate a result: the script block's pipeline and InvokeScript.
        var plain = ScriptBlock.Create(", , (" + WithoutPrefix(expression) + ")");
        value = caller.SessionState.InvokeCommand.InvokeScript(caller.SessionState, plain) is [var single] ? single : null;
        return true;
    }

    /// <summary>A value that this process was given, where it is a worker of a pool or a child.</summary>
    private static bool TryGetGiven(string key, out object? value)
    {
        if (PoolWorker.Current is { } worker)
        {
            return worker.TryGetUsing(key, out value);
        }

        value = WorkerPipeline.GivenUsing?[key];
        return value is not null || WorkerPipeline.GivenUsing?.ContainsKey(key) == true;
    }

    /// <summary>The variable whose property or element an expression is; the variable itself where it is one.</summary>
    private static VariableExpressionAst? RootOf(ExpressionAst expression) => expression switch
    {
        VariableExpressionAst variable => variable,
        MemberExpressionAst member => RootOf(member.Expression),
        IndexExpressionAst index => RootOf(index.Target),
        _ => null,
    };

    /// <summary>The text of an expression without <c>using:</c> before its variable. The parser allows no other inside it.</summary>
    private static string WithoutPrefix(UsingExpressionAst expression)
    {
        string text = expression.Extent.Text;
        int start = text[1] == '{' ? 2 : 1;
        return text.Remove(start, "using:".Length);
    }

    /// <summary>Inside a script block of the script, the expression may be meant for what that block is given to.</summary>
    private static bool IsNested(Ast expression, ScriptBlock script)
    {
        for (Ast? ast = expression.Parent; ast is not null && ast != script.Ast; ast = ast.Parent)
        {
            if (ast is ScriptBlockExpressionAst)
            {
                return ast.Parent != script.Ast.Parent;
            }
        }

        return false;
    }

    private static RuntimeException Undefined(UsingExpressionAst expression)
    {
        string message = Messages.UsingVariableNotSet.With(expression);
        return new RuntimeException(message, null, new ErrorRecord(
            new RuntimeException(message), "UsingVariableIsUndefined", ErrorCategory.InvalidArgument, expression.ToString()));
    }
}

//! SQL text, as the server's lexer sees it: everybody who must find something in a statement begins here.

pub mod scanner;

//! The table that the router and the OpenAPI document are both made of.
//!
//! Owns [`Endpoint`]: one row says the address, who may call, what goes in and out, and which handler answers. A route
//! that is not in the document, or the other way round, cannot be written.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{MethodFilter, MethodRouter, on},
};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{
        ComponentsBuilder, ContentBuilder, HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder, PathItem,
        PathsBuilder, Ref, RefOr, Required, ResponseBuilder, Schema, SecurityRequirement,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{ObjectBuilder, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
        server::ServerBuilder,
    },
};

use super::{Api, errors::ErrorBody};
use crate::attachment;

/// What a method does: reading, making or acting, replacing, removing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Delete,
}

/// One row of the table.
pub(crate) struct Endpoint {
    pub(crate) verb: Verb,
    /// As axum writes it; the document shows `{*rest}` as `{rest}`.
    pub(crate) path: &'static str,
    /// Whether strangers may call it.
    pub(crate) open: bool,
    summary: &'static str,
    handler: MethodRouter<Api>,
    query: Vec<Parameter>,
    takes: Option<(&'static str, RefOr<Schema>)>,
    status: &'static str,
    gives: Option<(&'static str, RefOr<Schema>)>,
    schemas: Vec<(String, RefOr<Schema>)>,
}

/// A row that strangers are refused at, with 204 and no body until [`Endpoint::gives`] says otherwise.
pub(crate) fn row<H, T>(verb: Verb, path: &'static str, summary: &'static str, handler: H) -> Endpoint
where
    H: axum::handler::Handler<T, Api>,
    T: 'static,
{
    let filter = match verb {
        Verb::Get => MethodFilter::GET,
        Verb::Post => MethodFilter::POST,
        Verb::Put => MethodFilter::PUT,
        Verb::Delete => MethodFilter::DELETE,
    };
    Endpoint {
        verb,
        path,
        open: false,
        summary,
        handler: on(filter, handler),
        query: Vec::new(),
        takes: None,
        status: "204",
        gives: None,
        schemas: Vec::new(),
    }
}

const JSON: &str = "application/json";

impl Endpoint {
    /// Strangers may call it.
    pub(crate) fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// Its query.
    pub(crate) fn query<T: IntoParams>(mut self) -> Self {
        self.query = T::into_params(|| Some(ParameterIn::Query));
        self
    }

    /// Its JSON body.
    pub(crate) fn takes<T: ToSchema>(mut self) -> Self {
        self.takes = Some((JSON, self.schema::<T>()));
        self
    }

    /// Its multipart body, whose schema lists the parts.
    pub(crate) fn takes_parts<T: ToSchema>(mut self) -> Self {
        self.takes = Some(("multipart/form-data", self.schema::<T>()));
        // Its files are bounded by their channel, one by one, while they stream.
        self.handler = self.handler.layer(DefaultBodyLimit::disable());
        self
    }

    /// The size of its body, where that is another than of the others.
    pub(crate) fn bytes_max(mut self, bytes_max: usize) -> Self {
        self.handler = self.handler.layer(DefaultBodyLimit::max(bytes_max));
        self
    }

    /// Its JSON answer.
    pub(crate) fn gives<T: ToSchema>(mut self) -> Self {
        self.status = "200";
        self.gives = Some((JSON, self.schema::<T>()));
        self
    }

    /// Its answer when something was made.
    pub(crate) fn makes<T: ToSchema>(self) -> Self {
        let mut made = self.gives::<T>();
        made.status = "201";
        made
    }

    /// Its answer that is no JSON.
    pub(crate) fn sends(mut self, media_type: &'static str) -> Self {
        self.status = "200";
        let text = ObjectBuilder::new().schema_type(Type::String);
        self.gives = Some((media_type, RefOr::T(text.into())));
        self
    }

    /// Whoever asks takes something, and that is evidence: HEAD is refused.
    pub(crate) fn taken(mut self) -> Self {
        self.handler = attachment::only_taken(self.handler);
        self
    }

    fn schema<T: ToSchema>(&mut self) -> RefOr<Schema> {
        T::schemas(&mut self.schemas);
        self.schemas.push((T::name().into_owned(), T::schema()));
        RefOr::Ref(Ref::from_schema_name(T::name()))
    }

    /// The address as the document writes it.
    pub(crate) fn document_path(&self) -> String {
        self.path.replace("{*", "{")
    }

    fn operation(&self) -> OperationBuilder {
        let names = self.path.split('{').skip(1).filter_map(|part| part.split('}').next());
        let places = names.map(|name| {
            ParameterBuilder::new()
                .name(name.trim_start_matches('*'))
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                .build()
        });
        let tag = self.path.split('/').nth(1).unwrap_or_default();
        let mut done = ResponseBuilder::new().description("done");
        if let Some((media_type, schema)) = &self.gives {
            done = done.content(*media_type, ContentBuilder::new().schema(Some(schema.clone())).build());
        }
        let body = self.takes.as_ref().map(|(media_type, schema)| {
            RequestBodyBuilder::new()
                .content(*media_type, ContentBuilder::new().schema(Some(schema.clone())).build())
                .required(Some(Required::True))
                .build()
        });
        let error = Ref::from_schema_name(ErrorBody::name());
        let refused = ResponseBuilder::new()
            .description("not done: the code says why")
            .content(JSON, ContentBuilder::new().schema(Some(error)).build());
        let mut operation = OperationBuilder::new()
            .tag(tag)
            .summary(Some(self.summary))
            .parameters(Some(places.chain(self.query.iter().cloned())))
            .request_body(body)
            .response(self.status, done.build())
            .response("default", refused.build());
        if !self.open {
            operation = operation.securities(Some([
                SecurityRequirement::new("token", [] as [&str; 0]),
                SecurityRequirement::new("session", [] as [&str; 0]),
            ]));
        }
        operation
    }
}

/// The router of the rows.
pub(crate) fn router(rows: Vec<Endpoint>) -> Router<Api> {
    rows.into_iter().fold(Router::new(), |router, row| router.route(row.path, row.handler))
}

/// The document of the rows.
pub(crate) fn document(rows: &[Endpoint]) -> OpenApi {
    let mut paths = PathsBuilder::new();
    let mut components = ComponentsBuilder::new();
    let mut schemas = vec![(ErrorBody::name().into_owned(), <ErrorBody as utoipa::PartialSchema>::schema())];
    ErrorBody::schemas(&mut schemas);
    for row in rows {
        let method = match row.verb {
            Verb::Get => HttpMethod::Get,
            Verb::Post => HttpMethod::Post,
            Verb::Put => HttpMethod::Put,
            Verb::Delete => HttpMethod::Delete,
        };
        paths = paths.path(row.document_path(), PathItem::new(method, row.operation()));
        schemas.extend(row.schemas.iter().cloned());
    }
    for (name, schema) in schemas {
        components = components.schema(name, schema);
    }
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API token; it works at the listener of the zone it was made at."))
        .build();
    let session =
        utoipa::openapi::security::ApiKey::Cookie(utoipa::openapi::security::ApiKeyValue::with_description(
            "sekisho-{zone}",
            "A session's cookie; the name ends with the id of the listener's zone.",
        ));
    components = components
        .security_scheme("token", SecurityScheme::Http(token))
        .security_scheme("session", SecurityScheme::ApiKey(session));
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Sekisho")
                .version("1")
                .description(Some("Everything the screens do. Errors and cursors: docs/format-api.md."))
                .build(),
        )
        .servers(Some([ServerBuilder::new().url("/api/v1").build()]))
        .paths(paths.build())
        .components(Some(components.build()))
        .build()
}

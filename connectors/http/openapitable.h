// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>

/// The objects of the OpenAPI specifications 2.0 to 3.2 as data, for openapishape.cpp only.
namespace muster::http {

/// `fields` are "name:type" with "!" for required ones and "@31" for those that came with 3.1. A type is string, bool, number, any,
/// object, list, or the name of a shape; [T] is a list of T, {T} a map to T.
struct ShapeRow {
    const char *name;
    int from;         ///< version, 20 to 32
    int to;
    bool isOpen;      ///< other fields may stand there
    bool isReferable; ///< may be {"$ref": …} instead
    const char *fields;
};

inline constexpr auto kShapes = std::to_array<ShapeRow>({
    {"Root", 20, 20, false, false,
     "swagger:any! info:Info! host:string basePath:string schemes:[string] consumes:[string] produces:[string] paths:Paths! definitions:{Schema} "
     "parameters:{Parameter} responses:{Response} securityDefinitions:{SecurityScheme} security:[Security] tags:[Tag] externalDocs:Docs"},
    {"Root", 30, 30, false, false, "openapi:string! info:Info! servers:[Server] paths:Paths! components:Components security:[Security] tags:[Tag] externalDocs:Docs"},
    {"Root", 31, 32, false, false,
     "openapi:string! $self:string@32 info:Info! jsonSchemaDialect:string servers:[Server] paths:Paths webhooks:{PathItem} components:Components "
     "security:[Security] tags:[Tag] externalDocs:Docs"},
    {"Info", 20, 32, false, false, "title:string! summary:string@31 description:string termsOfService:string contact:Contact license:License version:string!"},
    {"Contact", 20, 32, false, false, "name:string url:string email:string"},
    {"License", 20, 32, false, false, "name:string! identifier:string@31 url:string"},
    {"Docs", 20, 32, false, false, "description:string url:string!"},
    {"Tag", 20, 32, false, false, "name:string! summary:string@32 description:string externalDocs:Docs parent:string@32 kind:string@32"},
    {"Server", 30, 32, false, false, "url:string! description:string name:string@32 variables:{ServerVariable}"},
    {"ServerVariable", 30, 32, false, false, "enum:[string] default:string! description:string"},
    {"Components", 30, 32, false, false,
     "schemas:{Schema} responses:{Response} parameters:{Parameter} examples:{Example} requestBodies:{RequestBody} headers:{Header} "
     "securitySchemes:{SecurityScheme} links:{Link} callbacks:{Callback} pathItems:{PathItem}@31 mediaTypes:{MediaType}@32"},
    {"PathItem", 20, 20, false, false,
     "$ref:string get:Operation put:Operation post:Operation delete:Operation options:Operation head:Operation patch:Operation parameters:[Parameter]"},
    {"PathItem", 30, 32, false, false,
     "$ref:string summary:string description:string get:Operation put:Operation post:Operation delete:Operation options:Operation head:Operation "
     "patch:Operation trace:Operation query:Operation@32 additionalOperations:{Operation}@32 servers:[Server] parameters:[Parameter]"},
    {"Operation", 20, 20, false, false,
     "tags:[string] summary:string description:string externalDocs:Docs operationId:string consumes:[string] produces:[string] parameters:[Parameter] "
     "responses:Responses! schemes:[string] deprecated:bool security:[Security]"},
    {"Operation", 30, 30, false, false,
     "tags:[string] summary:string description:string externalDocs:Docs operationId:string parameters:[Parameter] requestBody:RequestBody "
     "responses:Responses! callbacks:{Callback} deprecated:bool security:[Security] servers:[Server]"},
    {"Operation", 31, 32, false, false,
     "tags:[string] summary:string description:string externalDocs:Docs operationId:string parameters:[Parameter] requestBody:RequestBody "
     "responses:Responses callbacks:{Callback} deprecated:bool security:[Security] servers:[Server]"},
    {"Parameter", 20, 20, true, true, "name:string! in:string! description:string required:bool schema:Schema type:string format:string items:object"},
    {"Parameter", 30, 32, false, true,
     "name:string! in:string! description:string required:bool deprecated:bool allowEmptyValue:bool style:string explode:bool allowReserved:bool "
     "schema:Schema example:any examples:{Example} content:{MediaType}"},
    {"Header", 30, 30, false, true,
     "description:string required:bool deprecated:bool allowEmptyValue:bool style:string explode:bool allowReserved:bool schema:Schema example:any "
     "examples:{Example} content:{MediaType}"},
    {"Header", 31, 32, false, true,
     "description:string required:bool deprecated:bool style:string explode:bool schema:Schema example:any examples:{Example} content:{MediaType}"},
    {"RequestBody", 30, 32, false, true, "description:string content:{MediaType}! required:bool"},
    {"MediaType", 30, 32, false, true,
     "description:string@32 schema:Schema itemSchema:Schema@32 example:any examples:{Example} encoding:{Encoding} prefixEncoding:[Encoding]@32 itemEncoding:Encoding@32"},
    {"Encoding", 30, 32, false, false,
     "contentType:string headers:{Header} style:string explode:bool allowReserved:bool encoding:{Encoding}@32 prefixEncoding:[Encoding]@32 itemEncoding:Encoding@32"},
    {"Response", 20, 20, false, true, "description:string! schema:Schema headers:{object} examples:object"},
    {"Response", 30, 31, false, true, "description:string! headers:{Header} content:{MediaType} links:{Link}"},
    {"Response", 32, 32, false, true, "summary:string description:string headers:{Header} content:{MediaType} links:{Link}"},
    {"Example", 30, 32, false, true, "summary:string description:string value:any externalValue:string dataValue:any@32 serializedValue:string@32"},
    {"Link", 30, 32, false, true, "operationRef:string operationId:string parameters:{any} requestBody:any description:string server:Server"},
    {"SecurityScheme", 20, 20, false, true, "type:string! description:string name:string in:string flow:string authorizationUrl:string tokenUrl:string scopes:{string}"},
    {"SecurityScheme", 30, 32, false, true,
     "type:string! description:string name:string in:string scheme:string bearerFormat:string flows:Flows openIdConnectUrl:string "
     "oauth2MetadataUrl:string@32 deprecated:bool@32"},
    {"Flows", 30, 32, false, false, "implicit:Flow password:Flow clientCredentials:Flow authorizationCode:Flow deviceAuthorization:Flow@32"},
    {"Flow", 30, 32, false, false, "authorizationUrl:string tokenUrl:string refreshUrl:string deviceAuthorizationUrl:string@32 scopes:{string}!"},
    {"Schema", 20, 20, true, true,
     "title:string description:string required:[string] properties:{Schema} items:any additionalProperties:any allOf:[Schema] enum:list discriminator:string xml:Xml externalDocs:Docs"},
    {"Schema", 30, 30, true, true,
     "title:string description:string required:[string] properties:{Schema} items:Schema additionalProperties:any allOf:[Schema] anyOf:[Schema] oneOf:[Schema] not:Schema "
     "enum:list nullable:bool readOnly:bool writeOnly:bool deprecated:bool discriminator:Discriminator xml:Xml externalDocs:Docs"},
    {"Schema", 31, 32, true, true,
     "title:string description:string required:[string] properties:{Schema} patternProperties:{Schema} additionalProperties:Schema items:Schema prefixItems:[Schema] "
     "contains:Schema propertyNames:Schema allOf:[Schema] anyOf:[Schema] oneOf:[Schema] not:Schema if:Schema then:Schema else:Schema $defs:{Schema} enum:list "
     "deprecated:bool discriminator:Discriminator xml:Xml externalDocs:Docs"},
    {"Discriminator", 30, 32, false, false, "propertyName:string! mapping:{string} defaultMapping:string@32"},
    {"Xml", 20, 32, false, false, "name:string namespace:string prefix:string attribute:bool wrapped:bool nodeType:string@32"},
    // Maps with keys of their own kind: see openapishape.cpp.
    {"Paths", 20, 32, true, false, ""},
    {"Responses", 20, 32, true, false, ""},
    {"Callback", 30, 32, true, true, ""},
    {"Security", 20, 32, true, false, ""},
});

} // namespace muster::http
